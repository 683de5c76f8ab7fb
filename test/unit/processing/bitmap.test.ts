import { describe, expect, test } from 'vitest';
import { bitmapSize, decodeBitmap } from '../../../src/processing/bitmap.js';
import { type BitmapLayout, drawBitmap } from '../../support/drawn-bitmap.js';

const red = [255, 0, 0, 255];
const green = [0, 255, 0, 255];
const blue = [0, 0, 255, 255];
const white = [255, 255, 255, 255];

function decode(bytes: Uint8Array): { problem: string | undefined; pixels: number[] } {
  const size = bitmapSize(bytes) ?? { width: 0, height: 0 };
  const pixels = new Uint8Array(size.width * size.height * 4);
  return { problem: decodeBitmap(bytes, size, pixels), pixels: [...pixels] };
}

const palette = [
  [0, 0, 255, 0],
  [0, 255, 0, 0],
  [255, 0, 0, 0],
];

describe('two rows, red and green above blue and white', () => {
  // The last row comes first.
  const cases: [name: string, layout: BitmapLayout][] = [
    [
      '24 bits',
      {
        bits: 24,
        width: 2,
        rows: [
          [255, 0, 0, 255, 255, 255, 0, 0],
          [0, 0, 255, 0, 255, 0, 0, 0],
        ],
      },
    ],
    [
      'the first row in front',
      {
        bits: 24,
        width: 2,
        isTopDown: true,
        rows: [
          [0, 0, 255, 0, 255, 0, 0, 0],
          [255, 0, 0, 255, 255, 255, 0, 0],
        ],
      },
    ],
    [
      '32 bits',
      {
        bits: 32,
        width: 2,
        rows: [
          [255, 0, 0, 0, 255, 255, 255, 0],
          [0, 0, 255, 0, 0, 255, 0, 0],
        ],
      },
    ],
    [
      '32 bits with masks',
      {
        bits: 32,
        width: 2,
        masks: [0xff, 0xff00, 0xff0000],
        rows: [
          [0, 0, 255, 0, 255, 255, 255, 0],
          [255, 0, 0, 0, 0, 255, 0, 0],
        ],
      },
    ],
    [
      '16 bits, 5 of each',
      {
        bits: 16,
        width: 2,
        rows: [
          [0x1f, 0, 0xff, 0x7f],
          [0, 0x7c, 0xe0, 0x03],
        ],
      },
    ],
    [
      '16 bits, 6 of green',
      {
        bits: 16,
        width: 2,
        masks: [0xf800, 0x07e0, 0x001f],
        rows: [
          [0x1f, 0, 0xff, 0xff],
          [0, 0xf8, 0xe0, 0x07],
        ],
      },
    ],
    [
      'a palette of 256',
      {
        bits: 8,
        width: 2,
        palette: [...palette, [255, 255, 255, 0]],
        rows: [
          [2, 3, 0, 0],
          [0, 1, 0, 0],
        ],
      },
    ],
    [
      'a palette of 16',
      {
        bits: 4,
        width: 2,
        palette: [...palette, [255, 255, 255, 0]],
        rows: [
          [0x23, 0, 0, 0],
          [0x01, 0, 0, 0],
        ],
      },
    ],
  ];

  test.each(cases)('%s', (_, layout) => {
    expect(decode(drawBitmap(layout))).toEqual({ problem: undefined, pixels: [...red, ...green, ...blue, ...white] });
  });
});

test('one bit for each pixel', () => {
  const bytes = drawBitmap({
    bits: 1,
    width: 10,
    palette: [
      [0, 0, 0, 0],
      [255, 255, 255, 0],
    ],
    rows: [[0b1010_1010, 0b0100_0000, 0, 0]],
  });
  const shown = decode(bytes).pixels.filter((_, index) => index % 4 === 0);
  expect(shown).toEqual([255, 0, 255, 0, 255, 0, 255, 0, 0, 255]);
});

test('transparency, where a mask says that it is there', () => {
  const masks = [0xff, 0xff00, 0xff0000, 0xff000000];
  expect(decode(drawBitmap({ bits: 32, width: 1, masks, rows: [[1, 2, 3, 128]] })).pixels).toEqual([1, 2, 3, 128]);
  expect(decode(drawBitmap({ bits: 32, width: 1, rows: [[3, 2, 1, 128]] })).pixels).toEqual([1, 2, 3, 255]);
});

test.each<[string, Buffer, string]>([
  [
    'compressed',
    drawBitmap({ bits: 8, width: 2, rows: [[0, 0, 0, 0]], compression: 1 }),
    'it is a compressed BMP, which is not read',
  ],
  ['odd bits', drawBitmap({ bits: 5 as never, width: 2, rows: [[0, 0, 0, 0]] }), 'a BMP has no pixels of 5 bits'],
  [
    'half of it',
    drawBitmap({ bits: 24, width: 2, rows: [[0, 0, 0, 0, 0, 0, 0, 0]] }).subarray(0, -1),
    'its pixels are cut off',
  ],
])('%s is refused', (_, bytes, problem) => {
  expect(decode(bytes).problem).toBe(problem);
});

test('a header that is cut off, or says no size, has none', () => {
  const bytes = drawBitmap({ bits: 24, width: 2, rows: [[0, 0, 0, 0, 0, 0, 0, 0]] });
  for (let length = 0; length < 54; length += 1) expect(bitmapSize(bytes.subarray(0, length))).toBe(null);
  expect(bitmapSize(drawBitmap({ bits: 24, width: -2, rows: [[0, 0, 0, 0]] }))).toBe(null);
});

test('whatever the bytes are, it ends with pixels or a problem', () => {
  const bytes = drawBitmap({
    bits: 8,
    width: 4,
    palette,
    rows: [
      [0, 1, 2, 0],
      [2, 1, 0, 0],
    ],
  });
  for (let at = 2; at < bytes.length; at += 1) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const size = bitmapSize(changed);
      if (!size || size.width * size.height > 1000) continue;
      decodeBitmap(changed, size, new Uint8Array(size.width * size.height * 4));
    }
  }
});
