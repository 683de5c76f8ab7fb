import sharp from 'sharp';
import { expect, test } from 'vitest';
import { isStill } from '../../../../src/frontend/painting/picture.js';
import { withChunks } from '../../../support/metadata.js';
import { chunk } from '../../../support/small-picture.js';

const colour = (background: string) => ({ create: { width: 8, height: 8, channels: 3 as const, background } });
sharp([colour('red'), colour('blue')].map((frame) => frame) as never, { join: { animated: true } });
const frames = async () => {
  const pictures = ['red', 'blue'].map((name) => sharp(colour(name)).png().toBuffer());
  return sharp(await Promise.all(pictures), { join: { animated: true } });
};
const png = await sharp(colour('red')).png().toBuffer();
const still = (bytes: Uint8Array, type: string) => isStill({ bytes: Uint8Array.from(bytes), type });

test('a JPEG, a PNG and a WebP of one picture stand still, with a header of features, too', async () => {
  expect(still(await sharp(colour('red')).jpeg().toBuffer(), 'image/jpeg')).toBe(true);
  expect(still(png, 'image/png')).toBe(true);
  expect(still(await sharp(colour('red')).webp().toBuffer(), 'image/webp')).toBe(true);
  const withAlpha = await sharp(colour('red')).ensureAlpha(0.5).webp().toBuffer();
  expect(withAlpha.toString('latin1', 12, 16)).toBe('VP8X');
  expect(still(withAlpha, 'image/webp')).toBe(true);
});

test('an animated WebP and an animated PNG do not', async () => {
  expect(still(await (await frames()).webp().toBuffer(), 'image/webp')).toBe(false);
  const animated = withChunks(png, [chunk('acTL', Buffer.alloc(8))]);
  expect(still(animated, 'image/png')).toBe(false);
});

test('what may move by itself, or is of no format that is known here, is not drawn on a canvas', () => {
  for (const type of ['image/gif', 'image/avif', 'image/svg+xml', 'text/plain']) expect(still(png, type)).toBe(false);
});

test('a file that is cut off ends the search', () => {
  for (let length = 0; length < 60; length += 1) {
    expect(still(png.subarray(0, length), 'image/png')).toBe(true);
    expect(still(png.subarray(0, length), 'image/webp')).toBe(true);
  }
});
