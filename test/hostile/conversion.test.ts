import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type * as Processing from '../../src/processing/index.js';
import { drawBitmap } from '../support/drawn-bitmap.js';
import { failure } from '../support/errors.js';

// A thread runs the built package, so all of it is the built one here.
const built = new URL('../../dist/processing/index.js', import.meta.url).href;
const { sharpProcessing } = (await import(built)) as typeof Processing;

const heic = (name: string) => readFile(new URL(`../fixtures/heic/${name}.heic`, import.meta.url));
const convert = (format: 'heic' | 'bmp', bytes: Uint8Array, more: object = {}) =>
  Promise.resolve(sharpProcessing({ convert: { [format]: 'png' }, ...more }).convert(bytes, format)).then(
    (made) => made ?? Buffer.alloc(0),
  );
const sizeOf = async (bytes: Uint8Array) => {
  const { width, height, format } = await sharp(bytes).metadata();
  return [format, width, height];
};

describe('HEIC', () => {
  test('becomes another format', async () => {
    const made = await convert('heic', await heic('cat'));
    expect(await sizeOf(made)).toEqual(['png', 120, 80]);
    // The cat is brown.
    const { dominant } = await sharp(made).stats();
    expect(dominant.r).toBeGreaterThan(dominant.b);
  });

  test('of any brand', async () => {
    expect(await sharpProcessing({ convert: { heic: 'webp' } }).convert(await heic('cat'), 'heif')).toBeInstanceOf(
      Uint8Array,
    );
  });

  test('with a wide profile keeps its colours', async () => {
    const pixels = await sharp(await convert('heic', await heic('wide-gamut')))
      .removeAlpha()
      .raw()
      .toBuffer();
    const difference = [200, 100, 50].map((value, index) => Math.abs(value - (pixels[index] ?? 0)));
    expect(Math.max(...difference)).toBeLessThan(5);
  });

  test('is refused with more pixels than may be decoded', async () => {
    await failure('IMAGE_TOO_LARGE_TO_DECODE', async () =>
      convert('heic', await heic('cat'), { maxDecodePixels: 9000 }),
    );
  });

  test('is refused when it has more pixels than its header says', async () => {
    const bytes = await heic('cat');
    for (let at = bytes.indexOf('ispe'); at > 0; at = bytes.indexOf('ispe', at + 4)) bytes.writeUInt32BE(3, at + 8);
    await failure('IMAGE_BROKEN', () => convert('heic', bytes));
  });

  test('cut off at every 1/20 is refused', async () => {
    const whole = await heic('cat');
    for (let part = 0; part < 20; part += 1) {
      await failure('IMAGE_BROKEN', () => convert('heic', whole.subarray(0, Math.floor((whole.length * part) / 20))));
    }
  });

  test('takes no longer than the timeout: its thread is ended', async () => {
    await failure('PROCESSING_TIMEOUT', async () => convert('heic', await heic('cat'), { timeout: 1 }));
  });
});

describe('BMP', () => {
  const rows = [
    [255, 0, 0, 255, 255, 255, 0, 0],
    [0, 0, 255, 0, 255, 0, 0, 0],
  ];

  test('becomes another format', async () => {
    const made = await convert('bmp', drawBitmap({ bits: 24, width: 2, rows }));
    expect(await sizeOf(made)).toEqual(['png', 2, 2]);
    expect([...(await sharp(made).removeAlpha().raw().toBuffer())]).toEqual([
      255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255,
    ]);
  });

  test('that is broken is refused', async () => {
    const whole = drawBitmap({ bits: 24, width: 2, rows });
    await failure('IMAGE_BROKEN', () => convert('bmp', whole.subarray(0, -1)));
    await failure('IMAGE_BROKEN', () => convert('bmp', whole.subarray(0, 40)));
  });

  test('of 100,000 x 100,000 is refused', async () => {
    const claims = drawBitmap({ bits: 24, width: 100_000, rows });
    claims.writeInt32LE(100_000, 22);
    await failure('IMAGE_TOO_LARGE_TO_DECODE', () => convert('bmp', claims));
  });
});
