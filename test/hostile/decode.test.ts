import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../src/backend/images/processing-port.js';
import { sharpProcessing } from '../../src/processing/index.js';
import { PixstoreError } from '../../src/shared/index.js';
import { pictureOf, wanted } from '../support/processing.js';
import {
  jpegOfScans,
  pngThatClaims,
  pngWithProfile,
  webpOfFrames,
  wholeKinds,
  wholePicture,
  wholeSize,
} from './hostile-pictures.js';

const variants = { thumb: { width: 64 } };
const trusting = sharpProcessing({ variants });
const strict = sharpProcessing({ variants, verify: 'decode' });

/** The code that a picture is refused with, or "made". */
async function outcome(processing: typeof strict, picture: Picture, names = ['thumb']): Promise<string> {
  try {
    await processing.process(picture, wanted(names));
    return 'made';
  } catch (error) {
    return error instanceof PixstoreError ? error.code : `not of pixstore: ${error}`;
  }
}

const page = Buffer.from('<html><script>alert(document.cookie)</script></html>');
const scattered = (length: number) => Array.from({ length }, (_, index) => (index * 97 + 13) % 256);

const frames = async (format: 'webp' | 'gif') => {
  const colours = ['red', 'green', 'blue'];
  const each = colours.map((background) =>
    sharp({ create: { width: 40, height: 40, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  return sharp(await Promise.all(each), { join: { animated: true } })
    [format]()
    .toBuffer();
};

/** What becomes of hostile pictures: when they are verified, and when they are not. */
const table: [name: string, make: () => Promise<Picture>, verified: string, unverified: string][] = [
  [
    'a PNG of 1 x 100,000,000',
    async () => pictureOf(pngThatClaims(1, 100_000_000), 'png', 1, 100_000_000),
    'IMAGE_TOO_LARGE_TO_DECODE',
    'IMAGE_TOO_LARGE_TO_DECODE',
  ],
  [
    'a PNG of 20,000 x 20,000 that was said to be small',
    async () => pictureOf(pngThatClaims(20_000, 20_000), 'png', 70, 70),
    'IMAGE_TOO_LARGE_TO_DECODE',
    'IMAGE_TOO_LARGE_TO_DECODE',
  ],
  [
    'a PNG of 7,000 x 7,000 with pixels for one row',
    async () => pictureOf(pngThatClaims(7000, 7000), 'png', 7000, 7000),
    'IMAGE_BROKEN',
    'made', // black, as browsers show it
  ],
  [
    'a PNG of 7,000 x 7,000 of 4 times 16 bits, with pixels for no row',
    async () => pictureOf(pngThatClaims(7000, 7000, 16, 6), 'png', 7000, 7000),
    'IMAGE_BROKEN',
    'made',
  ],
  [
    'a PNG with a colour profile of 50 MB',
    async () => pictureOf(await pngWithProfile(50_000_000), 'png', 200, 133),
    'made',
    'made',
  ],
  ['a WebP of 2,000 frames', async () => pictureOf(webpOfFrames(2000), 'webp', 1, 1), 'made', 'made'],
  [
    'a progressive JPEG of 5,000 scans',
    async () => pictureOf(await jpegOfScans(1500, 1500, 5000), 'jpg', 1500, 1500),
    'IMAGE_BROKEN',
    'IMAGE_BROKEN',
  ],
  [
    'an animated WebP whose last frame is broken',
    async () => {
      const bytes = await frames('webp');
      return pictureOf(bytes.fill(0x55, bytes.length - 50, bytes.length - 10), 'webp', 40, 40);
    },
    'IMAGE_BROKEN',
    'IMAGE_BROKEN',
  ],
  [
    'an animated GIF whose last frame is broken',
    async () => {
      const bytes = await frames('gif');
      return pictureOf(bytes.fill(0x55, bytes.length - 20, bytes.length - 10), 'gif', 40, 40);
    },
    'IMAGE_BROKEN',
    'made',
  ],
  [
    'an SVG that was said to be PNG',
    async () => pictureOf(Buffer.from('<svg/>'), 'png', 10, 10),
    'IMAGE_BROKEN',
    'IMAGE_BROKEN',
  ],
  ['nothing', async () => pictureOf(new Uint8Array(), 'jpg', 10, 10), 'IMAGE_BROKEN', 'IMAGE_BROKEN'],
];

test.each(table)('%s', async (_, make, verified, unverified) => {
  const picture = await make();
  expect([await outcome(strict, picture), await outcome(trusting, picture)]).toEqual([verified, unverified]);
});

describe.each(Object.entries(wholeKinds))('%s', (kind, { format }) => {
  const of = (bytes: Uint8Array) => pictureOf(bytes, format, wholeSize.width, wholeSize.height);

  test('is good when it is whole', async () => {
    const whole = of(await wholePicture(kind));
    expect([await outcome(strict, whole), await outcome(strict, whole, [])]).toEqual(['made', 'made']);
  });

  test('cut off anywhere is refused', async () => {
    const whole = await wholePicture(kind);
    const lengths = Array.from({ length: 20 }, (_, index) => Math.floor((whole.length * index) / 20));
    for (const length of [...lengths, whole.length - 1]) {
      expect(await outcome(strict, of(whole.subarray(0, length))), `${length} of ${whole.length}`).toBe('IMAGE_BROKEN');
    }
  });

  // In a baseline JPEG any bits are pixels, and nothing says how many there should have been.
  test.skipIf(kind === 'baseline JPEG')('with pixels missing in the middle is refused', async () => {
    const whole = await wholePicture(kind);
    const middle = Math.floor(whole.length / 2);
    const lacking = Buffer.concat([whole.subarray(0, middle), whole.subarray(middle + 500)]);
    expect(await outcome(strict, of(lacking))).toBe('IMAGE_BROKEN');
  });

  test('with a page behind it is refused', async () => {
    const polyglot = Buffer.concat([await wholePicture(kind), page]);
    expect(await outcome(strict, of(polyglot))).toBe('IMAGE_BROKEN');
  });

  test('with other bytes in it is made or refused with a code, whatever they are', async () => {
    const whole = await wholePicture(kind);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(changes, fc.constantFrom(strict, trusting), async (changed, processing) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changed) bytes[at] = value;
        expect(await outcome(processing, of(bytes))).toMatch(/^(?:made|IMAGE_BROKEN|IMAGE_TOO_LARGE_TO_DECODE)$/);
      }),
      { numRuns: 150 },
    );
  });
});

test('cut-off TIFFs and noise that begins like TIFF, HEIC and BMP are refused when they are to be converted', async () => {
  const converting = sharpProcessing({ convert: { tiff: 'webp' }, verify: 'decode' });
  const tiff = await sharp(await wholePicture('PNG'))
    .tiff({ compression: 'lzw' })
    .toBuffer();
  const noise = Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), Buffer.from(scattered(500))]);
  const cut = Array.from({ length: 19 }, (_, index) => tiff.subarray(0, Math.floor((tiff.length * index) / 20)));
  for (const bytes of [noise, ...cut]) {
    await expect(converting.convert(bytes, 'tiff')).rejects.toMatchObject({ code: 'IMAGE_BROKEN' });
  }
});
