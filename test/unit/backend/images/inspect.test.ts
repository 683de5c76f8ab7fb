import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { inspectImage } from '../../../../src/backend/images/inspect.js';
import { imageFormats } from '../../../../src/shared/protocol/formats.js';
import {
  drawJpeg,
  drawPng,
  drawWebp,
  exif,
  exifSegment,
  orientation,
  webpChunk,
} from '../../../support/drawn-images.js';
import { failure } from '../../../support/errors.js';
import { photo } from '../../../support/photos.js';
import { chunk } from '../../../support/small-picture.js';

const all = [...imageFormats];
const text = (value: string) => new TextEncoder().encode(value);
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const photos = [
  ['cat.png', 'png', 451, 300],
  ['gravel.png', 'png', 256, 256],
  ['coffee.webp', 'webp', 600, 400],
  ['brick.webp', 'webp', 512, 512],
  ['astronaut.jpg', 'jpg', 512, 512],
  ['retina.jpg', 'jpg', 1411, 1411],
] as const;

describe('the format and the size of an image', () => {
  test.each(photos)('%s is found from its bytes to be %s of %i x %i', (name, format, width, height) => {
    expect(inspectImage(photo(name), all)).toEqual({ format, width, height });
  });

  test('a picture that lies on its side is measured upright', () => {
    const turn = exif([orientation(6)]);
    const jpg = drawJpeg(20, 10, { first: [exifSegment(turn)] });
    expect(inspectImage(jpg, all)).toEqual({ format: 'jpg', width: 10, height: 20 });
    const png = drawPng(20, 10, { before: [chunk('eXIf', turn)] });
    expect(inspectImage(png, all)).toEqual({ format: 'png', width: 10, height: 20 });
  });

  test('a JPEG is called what the configuration accepts', () => {
    expect(inspectImage(photo('rocket.jpg'), ['jpeg', 'png']).format).toBe('jpeg');
    expect(inspectImage(photo('rocket.jpg'), ['jpeg', 'jpg']).format).toBe('jpg');
  });

  test('no bytes are an error of their own', async () => {
    await failure('IMAGE_EMPTY', () => inspectImage(new Uint8Array(), all));
  });

  test.each(photos)('%s cut off anywhere in its header is told as such', async (name) => {
    const whole = photo(name);
    for (let length = 1; length < 30; length += 1) {
      // A copy, because parsers must not find the rest behind the end of a view.
      await failure('IMAGE_TRUNCATED', () => inspectImage(Uint8Array.from(whole.subarray(0, length)), all));
      await failure('IMAGE_TRUNCATED', () => inspectImage(whole.subarray(0, length), all));
    }
  });

  test('a header without size is broken', async () => {
    const png = Uint8Array.from(photo('cat.png'));
    png.fill(0, 16, 24);
    await failure('IMAGE_TRUNCATED', () => inspectImage(png, all));
    const jpg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, ...new Array(100).fill(0)]);
    await failure('IMAGE_TRUNCATED', () => inspectImage(jpg, all));
  });

  test.each(photos)('%s cut off in its picture is told as such, and what it lacks', async (name) => {
    const whole = photo(name);
    const lacks = /(cut off|EOI.* is missing|RIFF.* says that it has \d+)\. Check that the upload was complete/;
    for (const length of [whole.length >> 1, whole.length - 20]) {
      const error = await failure('IMAGE_TRUNCATED', () => inspectImage(whole.subarray(0, length), all));
      expect(error.message).toMatch(lacks);
      expect(error.message).toContain(`${length} bytes`);
    }
    const padded = Buffer.concat([whole, Buffer.alloc(100_000)]);
    expect(inspectImage(padded, all)).toEqual(inspectImage(whole, all));
  });

  test('a JPEG that leaves its height to its end is broken, as it is for browsers', async () => {
    const frame = Buffer.from(drawJpeg(20, 10));
    frame.writeUInt16BE(0, frame.indexOf(Buffer.of(0xff, 0xc0)) + 5);
    const error = await failure('IMAGE_TRUNCATED', () => inspectImage(frame, all));
    expect(error.message).toContain('names no width or no height');
  });

  test.each([
    ['text', text('once upon a time there was no image')],
    ['HTML with an image name', text('<html>cat.png</html>')],
    ['a sound in RIFF', text('RIFF\0\0\0\0WAVEfmt 1234567890123456')],
    ['zeros', new Uint8Array(1000)],
    ['a script', text('#!/bin/sh\necho PNG\r\n')],
  ])('%s is not an image', async (_, bytes) => {
    await failure('IMAGE_NOT_RECOGNIZED', () => inspectImage(bytes, all));
  });

  test('an image of a format pixstore does not keep is named', async () => {
    const error = await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(gif, ['png', 'webp']));
    expect(error.message).toBe(
      'The file is gif; accepted are png, webp. Convert it first, or add gif to imageFormats.',
    );
    const heic = text('\0\0\0\x18ftypmif1\0\0\0\0mif1heic');
    expect((await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(heic, ['png']))).message).toBe(
      'The file is heic; accepted are png. Convert it to one of these first.',
    );
    const svg = text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>');
    const why = /^The file is svg, which is never kept: .* can run scripts/;
    expect((await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(svg, all))).message).toMatch(why);
  });

  test('an image of a format the configuration leaves out is refused', async () => {
    const error = await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(photo('coffee.webp'), ['png']));
    expect(error.message).toBe('The file is webp; accepted are png. Convert it first, or add webp to imageFormats.');
    const jpg = await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(photo('rocket.jpg'), ['png', 'webp']));
    expect(jpg.message).toContain('or add jpg to imageFormats.');
  });

  test('GIF and AVIF are found where they are accepted', async () => {
    expect(inspectImage(gif, ['gif'])).toEqual({ format: 'gif', width: 1, height: 1 });
    const avif = await sharp(photo('rocket.jpg')).resize(20, 10).avif({ effort: 0 }).toBuffer();
    expect(inspectImage(avif, ['png', 'avif'])).toEqual({ format: 'avif', width: 20, height: 10 });
    const error = await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(avif, ['png']));
    expect(error.message).toContain('or add avif to imageFormats.');
  });

  test('more pixels than are allowed are refused by the header', async () => {
    const limits = { maxPixels: 200, maxFrames: 1 };
    expect(inspectImage(drawPng(20, 10), all, limits)).toMatchObject({ width: 20, height: 10 });
    const error = await failure('IMAGE_TOO_MANY_PIXELS', () => inspectImage(drawPng(67, 3), all, limits));
    expect(error.message).toMatch(/^The picture has 67 x 3 pixels; maxPixels allows 200 in all/);
    const line = Buffer.from(drawPng(1, 1));
    line.writeUInt32BE(1_000_000, 16);
    expect(inspectImage(line, all).width).toBe(1_000_000);
    line.writeUInt32BE(1_000_001, 16);
    await failure('IMAGE_TOO_MANY_PIXELS', () => inspectImage(line, all));
  });

  test('more frames than are allowed are refused, of those that move', async () => {
    const frame = chunk('fcTL', Buffer.alloc(26));
    const announced = (claimed: number) => chunk('acTL', Buffer.of(0, 0, 0, claimed, 0, 0, 0, 0));
    const [still, two] = [drawPng(8, 8, { after: [frame, frame] }), [frame, frame]];
    const limits = { maxPixels: 1_000, maxFrames: 2 };
    for (const bytes of [still, drawPng(8, 8, { before: [announced(2), ...two] }), drawWebp(8, 8, 0)]) {
      expect(inspectImage(bytes, all, limits)).toMatchObject({ width: 8 });
    }
    const three = drawPng(8, 8, { before: [announced(2), ...two], after: [frame] });
    for (const bytes of [three, drawPng(8, 8, { before: [announced(3), ...two] })]) {
      const error = await failure('IMAGE_TOO_MANY_FRAMES', () => inspectImage(bytes, all, limits));
      expect(error.message).toMatch(/^The animation has more frames than the 2 that maxFrames allows/);
    }
    const frames = new Array<Buffer>(3).fill(webpChunk('ANMF', Buffer.alloc(16)));
    const webp = drawWebp(8, 8, 0x02, { before: frames });
    await failure('IMAGE_TOO_MANY_FRAMES', () => inspectImage(webp, all, limits));
    expect(inspectImage(webp, all, { ...limits, maxFrames: 3 })).toMatchObject({ width: 8 });
  });

  test('half an image of a format that is left out is refused for its format', async () => {
    await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(photo('coffee.webp').subarray(0, 500), ['png']));
    await failure('IMAGE_FORMAT_REFUSED', () => inspectImage(photo('coffee.webp').subarray(0, 20), ['png']));
  });

  test('thousands of hostile inputs end in an answer', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    const heads = [
      [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      [0xff, 0xd8, 0xff],
      [...text('RIFF1234WEBPVP8')],
      [0, 0, 0, 12],
      [...text('icns')],
      [...text('0000ftypavif')],
    ];
    for (let round = 0; round < 5_000; round += 1) {
      const bytes = Uint8Array.from({ length: random() % 400 }, () => random() % (round % 2 ? 256 : 4));
      bytes.set((heads[round % heads.length] ?? []).slice(0, bytes.length));
      try {
        expect(all).toContain(inspectImage(bytes, all).format);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^IMAGE_/);
      }
    }
  });

  // What a server accepts by default is 50 MiB. Nothing of that size may keep the thread that serves everybody.
  const large = 50 * 1024 * 1024;
  const repeated = (beginning: number[], piece: number[], length = large) => {
    const bytes = Buffer.alloc(length, Buffer.from(piece));
    bytes.set(beginning);
    return bytes;
  };
  const jpeg = [0xff, 0xd8, 0xff];
  const riff = [...text('RIFF1234WEBP')];
  const png = [...photo('cat.png').subarray(0, 8)];
  const pngHeader = [...photo('cat.png').subarray(0, 33)];
  const frame = [0xff, 0xc0, 0, 11, 8, 0, 10, 0, 20, 1, 1, 0x11, 0];
  const claim = [...exif([], { claims: 0xffff })];
  const uint32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
  const ftyp = [0, 0, 0, 0x20, ...text('ftyp')];
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
  const picture = [0xff, 0xd8, ...frame, ...scan];
  const pixels = [...chunk('IDAT', Buffer.alloc(0))];

  test.each<[string, () => Uint8Array]>([
    ['JPEG and zeros', () => repeated(jpeg, [0])],
    ['JPEG and fill bytes', () => repeated(jpeg, [0xff])],
    ['JPEG and stuffed bytes', () => repeated(jpeg, [0xff, 0])],
    ['JPEG and starts of images', () => repeated(jpeg, [0xff, 0xd8])],
    ['JPEG and restart markers', () => repeated(jpeg, [0xff, 0xd0])],
    ['JPEG and the shortest segments', () => repeated([0xff, 0xd8], [0xff, 0xe0, 0, 2])],
    ['JPEG and segments of three bytes', () => repeated([0xff, 0xd8], [0xff, 0xfe, 0, 3, 0])],
    ['JPEG and the longest segment, of markers', () => repeated([...jpeg, 0xe1, 0xff, 0xfe], [0xff, 0xe1])],
    ['JPEG that has its frame, and zeros', () => repeated([0xff, 0xd8, ...frame], [0])],
    ['JPEG that has its frame, and fill bytes', () => repeated([0xff, 0xd8, ...frame], [0xff])],
    ['JPEG that has its frame, and frames', () => repeated([0xff, 0xd8], frame)],
    ['JPEG that has its frame, and the shortest segments', () => repeated([0xff, 0xd8, ...frame], [0xff, 0xe1, 0, 2])],
    ['JPEG and EXIF without an end', () => repeated([0xff, 0xd8], [...exifSegment(Buffer.from(claim))])],
    ['JPEG and the longest EXIF', () => repeated([...jpeg, 0xe1, 0xff, 0xff, ...text('Exif\0\0'), ...claim], [1])],
    ['JPEG and a picture of zeros', () => repeated(picture, [0])],
    ['JPEG and a picture of fill bytes', () => repeated(picture, [0xff])],
    ['JPEG and a picture of second halves of ends', () => repeated(picture, [0xd9])],
    ['JPEG and a picture of both halves of ends', () => repeated(picture, [0xd9, 0xff, 0])],
    ['JPEG and a picture of stuffed bytes', () => repeated(picture, [0xff, 0])],
    ['JPEG and text', () => repeated(jpeg, [...text('no marker anywhere ')])],
    ['RIFF in RIFF', () => repeated(riff, riff)],
    ['WebP of unknown chunks', () => repeated(riff, [...text('ALPH'), 0, 0, 0, 0])],
    ['PNG of empty chunks', () => repeated(png, [0, 0, 0, 0, ...text('tEXt'), 0, 0, 0, 0])],
    ['PNG of empty chunks behind its header', () => repeated(pngHeader, [0, 0, 0, 0, ...text('tEXt'), 0, 0, 0, 0])],
    [
      'PNG of empty chunks behind pixels',
      () => repeated([...pngHeader, ...pixels], [0, 0, 0, 0, ...text('tEXt'), 0, 0, 0, 0]),
    ],
    ['PNG of pixels', () => repeated(pngHeader, pixels)],
    ['PNG of zeros behind its header', () => repeated(pngHeader, [0])],
    ['PNG of empty EXIF', () => repeated(pngHeader, [...chunk('eXIf', Buffer.alloc(0))])],
    ['PNG of EXIF', () => repeated([...pngHeader, ...uint32(large - 45), ...text('eXIf'), ...claim], [1])],
    [
      'PNG of EXIF with wrong checksums',
      () => repeated(pngHeader, [...uint32(100_000), ...text('eXIf'), ...new Array(100_004).fill(0)]),
    ],
    ['zeros', () => repeated([], [0])],
    ['boxes of no length', () => repeated(ftyp, ftyp)],
    ['the shortest boxes', () => repeated([], [0, 0, 0, 8, ...text('free')])],
    ['boxes that go on to the end', () => repeated([], [0, 0, 0, 0, ...text('mdat')])],
    ['long boxes', () => repeated([], [0, 0, 0, 1, ...text('mdat'), 0, 0, 0, 0, 0, 0, 0, 16])],
    ['long boxes without an end', () => repeated([], [0, 0, 0, 1, ...text('free'), ...new Array(8).fill(0xff)])],
    ['a box of brands', () => repeated([0xff, 0xff, 0xff, 0xff, ...text('ftyp')], [...text('mif1')])],
    ['JPEG XL boxes', () => repeated([0, 0, 0, 0x0c, ...text('JXL \r\n\x87\n')], [0, 0, 0, 0, ...text('jxlp')])],
    ['icons in icons', () => repeated([...text('icns')], [...text('icns'), 0, 0, 0, 0])],
    ['TIFF with a directory of itself', () => repeated([...text('II*\0'), 8, 0, 0, 0], [0xff, 0xff])],
    ['open elements of SVG', () => repeated([], [...text('<svg ')])],
    ['open comments of SVG', () => repeated([...text('<!--')], [...text('<!-- <svg')])],
    ['comments of SVG', () => repeated([], [...text('<!---->')])],
    ['instructions of SVG', () => repeated([], [...text('<??>')])],
    ['a comment of dashes', () => repeated([...text('<!--')], [...text('-')])],
    ['a document type without an end', () => repeated([...text('<!DOCTYPE ')], [0x20])],
    ['UTF-16', () => repeated([0xff, 0xfe], [...text('<\0 \0')])],
    ['quotes in SVG', () => repeated([...text('<svg ')], [...text('"\'')])],
    ['blanks', () => repeated([], [0x20])],
  ])('50 MiB of %s take no time', (_, make) => {
    const bytes = make();
    const milliseconds = [1, 2, 3].map(() => {
      const before = process.cpuUsage(); // other processes may be using the processor as well
      try {
        inspectImage(bytes, all);
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^IMAGE_/);
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    // About 30. Other threads of this process count as well; whoever begins anew at each byte takes minutes.
    expect(Math.min(...milliseconds)).toBeLessThan(1_000);
  });
});
