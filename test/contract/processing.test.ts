import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { placeholderUrl } from '../../src/frontend/index.js';
import { sharpProcessing } from '../../src/processing/index.js';
import type { ImageRecord } from '../../src/types/index.js';
import { openBackend } from '../support/backend.js';
import { failure } from '../support/errors.js';
import { metadataIn } from '../support/exiftool.js';
import { photo, photoWithPlace } from '../support/photos.js';
import { chunk, smallPicture } from '../support/small-picture.js';

const processing = sharpProcessing({
  variants: { thumb: { width: 160 }, card: { width: 640 } },
  placeholders: true,
  convert: { tiff: 'webp' },
  verify: 'decode',
});

const open = () => openBackend({ processing });

test('a photo that is turned and says where it was taken is upright in every part, and none says where', async () => {
  const backend = await open();
  const { id } = (await backend.saveImage(photoWithPlace())) as ImageRecord;
  const record = backend.getImageRecord(id, { variants: true });
  const sizes = [record, record?.variants?.thumb, record?.variants?.card].map((each) => [each?.width, each?.height]);
  expect(sizes).toEqual([
    [451, 300],
    [160, 106],
    [451, 300],
  ]);
  for (const variant of [undefined, 'thumb', 'card']) {
    const { bytes } = (await backend.readImage(id, variant ? { variant } : {})) ?? expect.fail();
    const { autoOrient } = await sharp(bytes).metadata();
    expect(autoOrient.width / autoOrient.height, variant).toBeCloseTo(451 / 300, 1);
    expect(
      (await metadataIn(bytes)).filter((name) => !name.endsWith(':Orientation')),
      variant,
    ).toEqual([]);
  }
});

test('a placeholder comes with the record that asks for it, and draws', async () => {
  const backend = await open();
  const { id } = (await backend.saveImage(photo('coffee.webp'))) as ImageRecord;
  const url = placeholderUrl(backend.getImageRecord(id, { placeholder: true }) as ImageRecord);
  const png = Buffer.from(String(url).replace('data:image/png;base64,', ''), 'base64');
  const { width = 0, height = 0 } = await sharp(png).metadata();
  expect(width / height).toBeCloseTo(600 / 400, 0);
});

test('what is converted is kept in its new format, and what does not decode is not kept', async () => {
  const backend = await open();
  const { id } = (await backend.saveImage(await sharp(photo('cat.png')).tiff().toBuffer())) as ImageRecord;
  expect(await backend.readImage(id)).toMatchObject({ format: 'webp', width: 451, height: 300 });
  await failure('IMAGE_BROKEN', () => backend.saveImage(withoutMostPixels()));
  expect((await backend.stats())?.images).toBe(1);
});

/** A PNG whose parts are all as they should be, but for the pixels: there is one row of sixteen. */
function withoutMostPixels(): Buffer {
  const whole = smallPicture();
  const [start, end] = [whole.indexOf('IDAT') - 4, whole.indexOf('IEND') - 4];
  return Buffer.concat([whole.subarray(0, start), chunk('IDAT', deflateSync(Buffer.alloc(4))), whole.subarray(end)]);
}
