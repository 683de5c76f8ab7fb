import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectImage } from '../../src/backend/images/inspect.js';
import { stripImage } from '../../src/backend/images/metadata/strip.js';
import { imageFormats, mimeTypeOf } from '../../src/shared/protocol/formats.js';
import { turnedAvif } from '../support/drawn-avif.js';
import { drawnOn } from '../support/drawn-gif.js';
import {
  drawJpeg,
  drawPng,
  drawWebp,
  exif,
  exifSegment,
  hasExif,
  jpegSegment,
  orientation,
  webpChunk,
} from '../support/drawn-images.js';
import { tellingPictures } from '../support/metadata.js';
import { photo, photoPath, photoWithPlace } from '../support/photos.js';
import { chunk } from '../support/small-picture.js';
import { launchOptions } from './harness/world.js';

// What inspectImage finds without decoding anything must be what a browser lays out, or pages would jump.

let browser: Browser | undefined;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch(await launchOptions());
  page = await browser.newPage();
});
afterAll(() => browser?.close());

const inspect = (bytes: Uint8Array) => inspectImage(bytes, [...imageFormats]);

/** How large an `<img>` of these bytes is. */
function sizeInBrowser(bytes: Buffer): Promise<{ width: number; height: number }> {
  const url = `data:${mimeTypeOf(inspect(bytes).format)};base64,${bytes.toString('base64')}`;
  return page.evaluate(async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode(); // it is a picture indeed
    return { width: image.naturalWidth, height: image.naturalHeight };
  }, url);
}

/** As it is, and without its metadata. */
async function expectSameSize(bytes: Buffer, what?: string): Promise<void> {
  const { format, width, height } = inspect(bytes);
  expect(await sizeInBrowser(bytes), what).toEqual({ width, height });
  const stripped = Buffer.from(await stripImage(bytes, format, true));
  expect(await sizeInBrowser(stripped), `${what}, stripped`).toEqual({ width, height });
}

test.each(readdirSync(dirname(photoPath('cat.png'))).filter((name) => /\.(jpg|png|webp)$/.test(name)))(
  'the photo %s is as large as Chromium shows it',
  async (name) => expectSameSize(photo(name)),
);

test('a photo of a camera is upright, stripped or not', async () => {
  expect(await sizeInBrowser(photoWithPlace())).toEqual({ width: 451, height: 300 });
  await expectSameSize(photoWithPlace());
});

test.each(await tellingPictures())('$name is as large as Chromium shows it', async ({ bytes }) =>
  expectSameSize(bytes),
);

test.each([
  [40, 30, 0, 0],
  [10, 40, 0, 0],
  [0, 0, 0, 0],
  [20, 20, 7, 3],
])(
  'a GIF with a screen of %i x %i, drawn at %i, %i, is as large as Chromium shows it',
  async (width, height, left, top) => {
    const gif = await sharp(photo('rocket.jpg')).resize(20, 20).gif().toBuffer();
    await expectSameSize(drawnOn(gif, { width, height, left, top }));
  },
);

test.each([0, 1, 2, 3])('an AVIF that is turned by %i quarters is as large as Chromium shows it', async (quarters) => {
  const avif = await sharp(photo('rocket.jpg')).resize(64, 48).avif({ effort: 0 }).toBuffer();
  await expectSameSize(turnedAvif(avif, quarters));
});

const [width, height] = [32, 16];
const shown = { width, height };
const turned = { width: height, height: width };
const jpegWith = (...first: readonly Uint8Array[]) => drawJpeg(width, height, { first });
const turn = exif([orientation(6)]);
const stay = exif([orientation(1)]);
const wrongChecksum = Buffer.concat([chunk('eXIf', turn).subarray(0, -4), Buffer.alloc(4)]);

describe.each([false, true])(
  'a picture made here is as large as Chromium shows it, little endian: %s',
  (littleEndian) => {
    test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('with orientation %i', async (value) => {
      const bytes = exif([orientation(value)], { littleEndian });
      const isTurned = value >= 5 && value <= 8;

      const jpeg = jpegWith(exifSegment(bytes));
      expect(await sizeInBrowser(jpeg)).toEqual(isTurned ? turned : shown);
      await expectSameSize(jpeg, 'JPEG');
      await expectSameSize(drawJpeg(width, height, { afterFrame: [exifSegment(bytes)] }), 'JPEG, behind the frame');
      await expectSameSize(drawJpeg(width, height, { afterScan: [exifSegment(bytes)] }), 'JPEG, behind the scan');
      await expectSameSize(drawPng(width, height, { before: [chunk('eXIf', bytes)] }), 'PNG');
      await expectSameSize(drawPng(width, height, { after: [chunk('eXIf', bytes)] }), 'PNG, behind the pixels');
      await expectSameSize(drawWebp(width, height, hasExif, { after: [webpChunk('EXIF', bytes)] }), 'WebP');
      await expectSameSize(drawWebp(width, height, hasExif, { before: [webpChunk('EXIF', bytes)] }), 'WebP, in front');
    });
  },
);

const plain = drawJpeg(width, height);
const behindMark = plain.subarray(2);
const startOfImage = plain.subarray(0, 2);
const comment = jpegSegment(0xfe, Buffer.from('made by hand'));
const video = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(100_000, 0xd9)]);

test.each<[string, Buffer]>([
  ['without any application segment', plain],
  ['with its comment first', jpegWith(comment, exifSegment(turn))],
  ['with fill bytes before markers', Buffer.concat([startOfImage, Buffer.alloc(50, 0xff), behindMark])],
  ['with a video behind its end', Buffer.concat([plain, video])],
  ['with another one behind its end', Buffer.concat([plain, drawJpeg(8, 8, { first: [exifSegment(turn)] })])],
  ['with a thumbnail', jpegWith(exifSegment(Buffer.concat([turn, drawJpeg(8, 8)])))],
])('a JPEG %s is as large as Chromium shows it', async (_, bytes) => expectSameSize(bytes));

test.each<[string, Buffer]>([
  ['of two segments', jpegWith(exifSegment(turn), exifSegment(stay))],
  ['of two segments, the other way round', jpegWith(exifSegment(stay), exifSegment(turn))],
  ['of one that is broken, and another', jpegWith(exifSegment(Buffer.from('broken')), exifSegment(turn))],
  ['of one that is empty, and another', jpegWith(exifSegment(Buffer.alloc(0)), exifSegment(turn))],
  ['behind XMP', jpegWith(jpegSegment(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>')), exifSegment(turn))],
  ['of two entries', jpegWith(exifSegment(exif([orientation(9), orientation(6), orientation(1)])))],
  ['of a long number', jpegWith(exifSegment(exif([[0x0112, 4, 1, 6]], { littleEndian: true })))],
  ['of two numbers', jpegWith(exifSegment(exif([[0x0112, 3, 2, 6]])))],
  ['of too many entries', jpegWith(exifSegment(exif([orientation(6)], { claims: 0xffff })))],
  ['of an entry that is cut off', jpegWith(exifSegment(turn.subarray(0, 21)))],
  ['of a directory that is nowhere', jpegWith(exifSegment(exif([orientation(6)], { directoryAt: 0xffff_ffff })))],
  ['of two chunks', drawPng(width, height, { before: [chunk('eXIf', turn), chunk('eXIf', stay)] })],
  [
    'of a chunk that is empty, and another',
    drawPng(width, height, { before: [chunk('eXIf', Buffer.alloc(0)), chunk('eXIf', turn)] }),
  ],
  ['of a chunk whose checksum is wrong', drawPng(width, height, { before: [wrongChecksum] })],
])('EXIF %s is read as Chromium reads it', async (_, bytes) => expectSameSize(bytes));
