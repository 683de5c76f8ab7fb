import { describe, expect, test } from 'vitest';
import { pngLack, pngSize } from '../../../../../src/backend/images/headers/png.js';
import { drawPng, exif, orientation } from '../../../../support/drawn-images.js';
import { photo } from '../../../../support/photos.js';
import { chunk } from '../../../../support/small-picture.js';

const header = photo('cat.png').subarray(0, 33);

describe('the size of a PNG', () => {
  test('is that of its first chunk, up to the greatest', () => {
    expect(pngSize(header)).toEqual({ width: 451, height: 300 });
    const large = Buffer.from(header);
    large.writeUInt32BE(0xffff_fffe, 16);
    expect(pngSize(large)?.width).toBe(0xffff_fffe);
  });

  test('is none when that is another chunk, of another length, or cut off', () => {
    expect(pngSize(header.subarray(0, 32))).toBeNull();
    for (const [at, byte] of [
      [11, 12],
      [8, 1],
      [12, 0x69],
    ] as const) {
      const changed = Buffer.from(header);
      changed[at] = byte;
      expect(pngSize(changed), `byte ${at}`).toBeNull();
    }
  });

  describe('with EXIF', () => {
    const raw = { width: 20, height: 10 };
    const turned = { width: 10, height: 20 };
    const turn = (value: number, tail = 0) =>
      chunk('eXIf', Buffer.concat([exif([orientation(value)]), Buffer.alloc(tail)]));
    const text = chunk('tEXt', Buffer.from('Comment\0none'));
    const sizeOf = (before: readonly Uint8Array[], after: readonly Uint8Array[] = []) =>
      pngSize(drawPng(20, 10, { before, after }));
    const broken = turn(6);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;

    test('is the upright one when that stands in front of the pixels', () => {
      expect(sizeOf([text, turn(6), text])).toEqual(turned);
      expect(sizeOf([turn(3)])).toEqual(raw);
      expect(sizeOf([], [turn(6)])).toEqual(raw);
      expect(pngSize(Buffer.concat([drawPng(20, 10), turn(6)]))).toEqual(raw);
    });

    test('of several, is that of the first', () => {
      expect(sizeOf([turn(6), turn(1)], [turn(1)])).toEqual(turned);
      expect(sizeOf([turn(1), turn(6)], [turn(6)])).toEqual(raw);
      expect(sizeOf([turn(9), turn(6)])).toEqual(raw);
    });

    test('is the raw one when its checksum is wrong, or its end is missing', () => {
      expect(sizeOf([broken])).toEqual(raw);
      const whole = drawPng(20, 10, { before: [turn(6)] });
      const end = 33 + turn(6).length;
      expect(pngSize(Uint8Array.from(whole.subarray(0, end)))).toEqual(turned);
      for (let length = 33; length < end; length += 1) {
        expect(pngSize(Uint8Array.from(whole.subarray(0, length))), `${length} bytes`).toEqual(raw);
      }
    });

    test('is the raw one when a chunk is longer than the file', () => {
      const long = Buffer.from(text);
      long.writeUInt32BE(0xffff_ffff, 0);
      expect(sizeOf([long, turn(6)])).toEqual(raw);
      const longExif = turn(6);
      longExif.writeUInt32BE(0xffff_ffff, 0);
      expect(sizeOf([longExif])).toEqual(raw);
    });

    test('is looked for in the first thousand chunks, up to 256 KiB', () => {
      const texts = (count: number) => new Array<Buffer>(count).fill(text);
      expect(sizeOf([...texts(999), turn(6)])).toEqual(turned);
      expect(sizeOf([...texts(1_000), turn(6)])).toEqual(raw);
      const rest = 256 * 1024 - exif([orientation(6)]).length;
      expect(sizeOf([turn(6, rest)])).toEqual(turned);
      expect(sizeOf([turn(6, rest + 1)])).toEqual(raw);
    });
  });
});

describe('what a PNG lacks', () => {
  const text = chunk('tEXt', Buffer.from('Comment\0none'));
  const whole = drawPng(20, 10, { before: [text], after: [text] });

  test('is nothing when it is whole, whatever stands behind it', () => {
    for (const name of ['cat.png', 'gravel.png']) expect(pngLack(photo(name)), name).toBeNull();
    expect(pngLack(whole)).toBeNull();
    expect(pngLack(Buffer.concat([whole, Buffer.alloc(100_000, 255)]))).toBeNull();
    expect(pngLack(whole.subarray(0, -4))).toBeNull(); // only the checksum of an empty chunk
  });

  test('is its end or a piece of it, when it was cut off', () => {
    for (let length = 33; length < whole.length - 4; length += 1) {
      expect(pngLack(whole.subarray(0, length)), `${length} bytes`).toMatch(
        /^(its last chunk is cut off|.*IEND.*missing)$/,
      );
      expect(pngLack(Uint8Array.from(whole.subarray(0, length)))).toBe(pngLack(whole.subarray(0, length)));
    }
    expect(pngLack(whole.subarray(0, -12))).toBe('the chunk of its end (IEND) is missing');
    expect(pngLack(photo('cat.png').subarray(0, 150_000))).toBe('its last chunk is cut off');
  });

  test('is its pixels, when there are none', () => {
    const end = chunk('IEND', Buffer.alloc(0));
    expect(pngLack(Buffer.concat([header, text, end]))).toBe('there are no pixels (IDAT) in front of its end');
  });

  test('is told from as many chunks as there are in any file', () => {
    const many = new Array<Buffer>(150_000).fill(text);
    expect(pngLack(drawPng(20, 10, { before: many }))).toBeNull();
    expect(pngLack(drawPng(20, 10, { before: many }).subarray(0, -12))).toContain('IEND');
    const tooMany = [...many, ...many];
    expect(pngLack(drawPng(20, 10, { before: tooMany }).subarray(0, -12))).toBeNull(); // nobody knows
  });
});
