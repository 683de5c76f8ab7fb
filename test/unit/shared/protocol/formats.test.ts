import { describe, expect, test } from 'vitest';
import { formatFromByte, formatToByte, imageFormats, mimeTypeOf } from '../../../../src/shared/protocol/formats.js';

describe('image formats', () => {
  test('format bytes are those of stored images and never change', () => {
    expect(imageFormats.map((format) => [format, formatToByte(format), mimeTypeOf(format)])).toEqual([
      ['png', 1, 'image/png'],
      ['webp', 2, 'image/webp'],
      ['jpg', 3, 'image/jpeg'],
      ['jpeg', 4, 'image/jpeg'],
      ['gif', 16, 'image/gif'],
      ['avif', 17, 'image/avif'],
    ]);
  });

  test('a byte that names no format gives none', () => {
    for (const byte of [0, 5, 15, 18, 255, undefined]) expect(formatFromByte(byte)).toBeUndefined();
    for (const format of imageFormats) expect(formatFromByte(formatToByte(format))).toBe(format);
  });
});
