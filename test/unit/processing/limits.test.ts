import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { sharpProcessing } from '../../../src/processing/index.js';
import { loadSharp } from '../../../src/processing/peers.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';
import { pictureOf, wanted } from '../../support/processing.js';

const variants = { thumb: { width: 20 } };
const cat = pictureOf(photo('cat.png'), 'png', 451, 300);

describe('maxDecodePixels', () => {
  test('is compared with width times height', async () => {
    const exact = sharpProcessing({ variants, maxDecodePixels: 451 * 300 });
    expect((await exact.process(cat, wanted(['thumb']))).variants).toHaveLength(1);
    const less = sharpProcessing({ variants, maxDecodePixels: 451 * 300 - 1 });
    const { message } = await failure('IMAGE_TOO_LARGE_TO_DECODE', () => less.process(cat, wanted(['thumb'])));
    expect(message).toContain('451 x 300');
  });

  test('also bounds what takes much memory for each pixel', async () => {
    const deep = await sharp(photo('cat.png'))
      .toColourspace('rgb16')
      .ensureAlpha()
      .png({ progressive: true })
      .toBuffer();
    const processing = sharpProcessing({ variants, maxDecodePixels: 451 * 300, concurrency: 1 });
    await failure('IMAGE_TOO_LARGE_TO_DECODE', () =>
      processing.process(pictureOf(deep, 'png', 451, 300), wanted(['thumb'])),
    );
  });

  test('does not matter when nothing is decoded', async () => {
    const processing = sharpProcessing({ variants, maxDecodePixels: 1 });
    expect(await processing.process(cat, wanted())).toEqual({ variants: [] });
  });
});

test('what takes longer than the timeout is given up', async () => {
  const bytes = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const processing = sharpProcessing({ variants, timeout: 1 });
  await failure('PROCESSING_TIMEOUT', () => processing.process(pictureOf(bytes, 'png', 3000, 3000), wanted(['thumb'])));
});

test('a picture is decoded for verification, also when nothing is made of it', async () => {
  const half = pictureOf(cat.bytes.subarray(0, cat.bytes.length / 2), 'png', 451, 300);
  expect(await sharpProcessing({ variants }).process(half, wanted())).toEqual({ variants: [] });
  await failure('IMAGE_BROKEN', () => sharpProcessing({ verify: 'decode' }).process(half, wanted()));
});

test('of a broken picture variants show what browsers show of it, unless it is verified', async () => {
  const half = pictureOf(cat.bytes.subarray(0, cat.bytes.length / 2), 'png', 451, 300);
  expect((await sharpProcessing({ variants }).process(half, wanted(['thumb']))).variants).toHaveLength(1);
  await failure('IMAGE_BROKEN', () => sharpProcessing({ variants, verify: 'decode' }).process(half, wanted(['thumb'])));
});

describe('a package that is missing', () => {
  test('is named, with what to do', async () => {
    const nowhere = () => {
      throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    };
    const { message } = await failure('PROCESSING_UNAVAILABLE', () => loadSharp(nowhere as never));
    expect(message).toContain('npm install sharp');
  });
});
