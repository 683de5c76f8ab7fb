import { describe, expect, test } from 'vitest';
import { pickVariant } from '../../../../src/frontend/index.js';
import type { ImageRecord } from '../../../../src/types/index.js';

const recordOf = (id: string, more: Partial<ImageRecord> = {}): ImageRecord => ({
  id,
  token: 1,
  meta: { key: '', iv: '', tag: '' },
  statelessProof: '',
  ...more,
});

const sized = (name: string, width: number, height: number) => recordOf(`cat.${name}`, { width, height });
const cat = recordOf('cat', {
  width: 1200,
  height: 800,
  variants: {
    large: sized('large', 900, 600),
    thumb: sized('thumb', 160, 107),
    card: sized('card', 640, 427),
    square: sized('square', 400, 400),
  },
});

describe('the smallest variant that fills the place', () => {
  test.each([
    [1, 1, 'cat.thumb'],
    [160, 1, 'cat.thumb'],
    [160.5, 1, 'cat.card'],
    [161, 1, 'cat.card'],
    [161, 2, 'cat.card'],
    [320, 2, 'cat.card'],
    [320, 2.5, 'cat.large'],
    [400, 3, 'cat'],
    [5000, 1, 'cat'],
  ])('%d CSS pixels at %d: %s', (cssWidth, ratio, id) => {
    expect(pickVariant(cat, cssWidth, ratio).id).toBe(id);
  });
});

test('a part of the picture is not the picture', () => {
  expect(pickVariant({ ...cat, variants: { square: sized('square', 400, 400) } }, 100, 1).id).toBe('cat');
});

test('where sizes are not known, the image itself is shown', () => {
  expect(pickVariant({ ...cat, variants: { thumb: recordOf('cat.thumb') } }, 100, 1).id).toBe('cat');
});

test('an image of unknown size has variants all the same', () => {
  const { width, height, ...old } = cat;
  expect([width, height]).toEqual([1200, 800]);
  expect(pickVariant({ ...old, variants: { card: sized('card', 640, 427) } }, 100, 1).id).toBe('cat.card');
});

test('a record without variants is given back', () => {
  const record = recordOf('cat');
  expect(pickVariant(record, 100)).toBe(record);
});

test('the ratio is that of the window, or 1 where there is none', () => {
  expect(pickVariant(cat, 160).id).toBe('cat.thumb');
  Object.assign(globalThis, { devicePixelRatio: 2 });
  try {
    expect(pickVariant(cat, 160).id).toBe('cat.card');
  } finally {
    Reflect.deleteProperty(globalThis, 'devicePixelRatio');
  }
});
