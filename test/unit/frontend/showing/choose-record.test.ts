import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseRecord } from '../../../../src/frontend/showing/choose-record.js';
import type { ImageRecord } from '../../../../src/types/index.js';

beforeEach(() => void vi.stubGlobal('devicePixelRatio', 1));
afterEach(() => void vi.unstubAllGlobals());

const meta = { key: '', iv: '', tag: '' };
const sized = (id: string, width: number, height: number): ImageRecord => ({
  id,
  token: 1,
  meta,
  statelessProof: '',
  width,
  height,
});
const record: ImageRecord = {
  ...sized('x', 3000, 2000),
  variants: { large: sized('x.l', 1200, 800), small: sized('x.s', 301, 200), cut: sized('x.c', 200, 200) },
};
const chosenAt = (width: number, height: number, sizes?: number) => chooseRecord(record, { width, height }, sizes).id;

test('the smallest that is as large as the element, whatever their order', () => {
  expect([chosenAt(100, 0), chosenAt(301, 100), chosenAt(302, 0), chosenAt(1200, 800), chosenAt(1201, 0)]).toEqual([
    'x.s',
    'x.s',
    'x.l',
    'x.l',
    'x',
  ]);
});

test('an element that is high is filled as well', () => {
  expect(chosenAt(100, 400)).toBe('x.l');
});

test('pixels of the screen count', () => {
  vi.stubGlobal('devicePixelRatio', 2);
  expect(chosenAt(200, 0)).toBe('x.l');
});

test('what shows a part of the picture is not chosen', () => {
  expect(chosenAt(10, 10)).toBe('x.s');
});

test('a size that is declared goes before what is measured', () => {
  expect(chosenAt(10, 10, 1000)).toBe('x.l');
});

test('without variants, or sizes of theirs, it is the record itself', () => {
  expect(chooseRecord(sized('y', 10, 10), { width: 1, height: 1 }).id).toBe('y');
  const { width, height, ...old } = record;
  expect(chooseRecord(old, { width: 1, height: 1 }).id).toBe('x');
});
