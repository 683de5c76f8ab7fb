import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { photoPath } from '../support/photos.js';

const program = fileURLToPath(new URL('memory-program.mjs', import.meta.url));
const side = 7000; // 49 megapixels, just below what is decoded
const mostMegabytes = 400;
const longestStop = 50; // ms, of the thread that serves

/** What takes most memory to decode. */
const kinds: [name: string, format: string, make: (photo: Sharp) => Sharp, outcome: string][] = [
  ['baseline JPEG', 'jpg', (photo) => photo.jpeg(), 'made'],
  ['progressive JPEG', 'jpg', (photo) => photo.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }), 'made'],
  ['interlaced PNG', 'png', (photo) => photo.png({ progressive: true, compressionLevel: 1 }), 'made'],
  ['lossless WebP', 'webp', (photo) => photo.webp({ lossless: true, effort: 0 }), 'made'],
  [
    'interlaced PNG of 4 times 16 bits',
    'png',
    (photo) => photo.toColourspace('rgb16').ensureAlpha(0.5).png({ progressive: true, compressionLevel: 1 }),
    'IMAGE_TOO_LARGE_TO_DECODE',
  ],
];

const photo = await sharp(photoPath('astronaut.jpg')).resize(side, side, { kernel: 'nearest' }).raw().toBuffer();

test.each(kinds)(
  'four of 49 megapixels, as many at once as there may be, stay below 400 MB: %s',
  async (_, format, make, outcome) => {
    const raw = { width: side, height: side, channels: 3 } as const;
    const file = join(await temporaryFolder(), 'picture');
    await writeFile(file, await make(sharp(photo, { raw })).toBuffer());
    const { stdout } = await promisify(execFile)(process.execPath, [program, file, format, `${side}`, `${side}`, '4']);
    const { codes, grown, longest } = JSON.parse(stdout) as { codes: string[]; grown: number; longest: number };
    expect(codes).toEqual(Array(4).fill(outcome));
    expect(grown).toBeLessThan(mostMegabytes);
    expect(longest).toBeLessThan(longestStop);
  },
  120_000,
);
