import { expect, test } from 'vitest';
import { choosePath, type Drawing, isInline, pixelsOf } from '../../../../src/frontend/painting/choose-path.js';

const google = 'Google Inc.';
const apple = 'Apple Computer, Inc.';
const mozilla = '';

const drawing = (more: Partial<Drawing> = {}, length = 50_000, type = 'image/jpeg'): Drawing => ({
  picture: { bytes: new Uint8Array(length), type },
  size: { width: 800, height: 600 },
  shown: { width: 200, height: 150 },
  ...more,
});

test('what is shown much smaller than it is goes on a canvas, where that is faster', () => {
  expect([google, apple, mozilla].map((vendor) => choosePath(drawing(), vendor))).toEqual([
    'canvas',
    'canvas',
    'image',
  ]);
});

test('what is small in bytes goes into an <img>, of which Chromium likes it in the URL', () => {
  const [small, large] = [drawing({}, 8192), drawing({}, 8193)];
  expect([choosePath(small, google), choosePath(large, google)]).toEqual(['image', 'canvas']);
  expect([google, apple, mozilla].map((vendor) => isInline(small.picture, vendor))).toEqual([true, false, false]);
  expect(isInline(large.picture, google)).toBe(false);
});

test('so does what is shown as large as it is, or nearly', () => {
  expect(choosePath(drawing({ shown: { width: 800, height: 600 } }), google)).toBe('image');
  expect(choosePath(drawing({ shown: { width: 600, height: 450 } }), google)).toBe('image');
});

test('so does what is far away, of unknown size, very large, or moves', () => {
  expect(choosePath(drawing({ shown: undefined }), google)).toBe('image');
  expect(choosePath(drawing({ size: undefined }), google)).toBe('image');
  expect(choosePath(drawing({ size: { width: 10_000, height: 5_001 } }), google)).toBe('image');
  expect(choosePath(drawing({}, 50_000, 'image/gif'), google)).toBe('image');
});

test('pixels follow object-fit and the screen, and are never more than there are', () => {
  const picture = { width: 4000, height: 2000 };
  const box = { width: 100, height: 100 };
  const pixels = (fit: string, ratio = 1) => pixelsOf(picture, box, fit, ratio);
  expect(pixels('cover')).toEqual({ width: 200, height: 100 });
  expect(pixels('fill')).toEqual({ width: 200, height: 100 });
  expect(pixels('contain')).toEqual({ width: 100, height: 50 });
  expect(pixels('scale-down')).toEqual({ width: 100, height: 50 });
  expect(pixels('none')).toEqual(picture);
  expect(pixels('contain', 2)).toEqual({ width: 200, height: 100 });
  expect(pixels('cover', 99)).toEqual(picture);
  expect(pixelsOf({ width: 9000, height: 1 }, box, 'contain', 1)).toEqual({ width: 100, height: 1 });
});
