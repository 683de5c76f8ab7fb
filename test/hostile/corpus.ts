import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  drawJpeg,
  drawPng,
  drawWebp,
  exif,
  exifSegment,
  jpegSegment,
  orientation,
  webpChunk,
  webpFile,
} from '../support/drawn-images.js';
import { box, latin1, withChunks, withSegments } from '../support/metadata.js';
import { photo } from '../support/photos.js';
import { chunk } from '../support/small-picture.js';

// Pictures that are made to cost those who look at them time or memory, and what is said of each. Made anew by every run.

const mebibyte = 1024 * 1024;
const largest = 50 * mebibyte; // what is accepted by default

/** What becomes of it: a code, or null when it is kept. */
export type Outcome = string | null;

export interface HostilePicture {
  name: string;
  make(): Buffer | Promise<Buffer>;
  outcome: Outcome;
}

const [tooManyPixels, tooManyFrames] = ['IMAGE_TOO_MANY_PIXELS', 'IMAGE_TOO_MANY_FRAMES'];
const [truncated, unsure] = ['IMAGE_TRUNCATED', 'IMAGE_NOT_STRIPPABLE'];

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A header that claims a size, in front of pixels of another. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.of(8, 0, 0, 0, 0)]);
  const pixels = deflateSync(Buffer.alloc(mebibyte));
  return Buffer.concat([
    drawPng(1, 1).subarray(0, 8),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function jpegOf(width: number, height: number): Buffer {
  const bytes = drawJpeg(8, 8);
  const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

function gifOf(width: number, height: number, blocks: Buffer): Buffer {
  const head = latin1('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff');
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  return Buffer.concat([head, blocks, Buffer.of(0x3b)]);
}

const gifPicture = Buffer.concat([Buffer.from('2c00000000010001000002024c0100', 'hex')]);

function apng(frames: number, claimed: number): Buffer {
  const control = (index: number) =>
    chunk('fcTL', Buffer.concat([uint32(index), uint32(1), uint32(1), Buffer.alloc(8), Buffer.of(0, 1, 0, 1, 0, 0)]));
  const controls = Array.from({ length: frames }, (_, index) => control(index));
  return withChunks(drawPng(1, 1), [chunk('acTL', Buffer.concat([uint32(claimed), uint32(0)])), ...controls]);
}

function animatedWebp(frames: number): Buffer {
  const header = Buffer.alloc(10);
  header[0] = 0x02;
  const pixels = drawWebp(1, 1, 0).subarray(30);
  const frame = webpChunk('ANMF', Buffer.concat([Buffer.alloc(16), pixels]));
  return webpFile(webpChunk('VP8X', header), webpChunk('ANIM', Buffer.alloc(6)), ...new Array(frames).fill(frame));
}

function avifOf(width: number, height: number): Promise<Buffer> {
  return smallAvif().then((bytes) => {
    const at = bytes.indexOf('ispe') + 8;
    bytes.writeUInt32BE(width, at);
    bytes.writeUInt32BE(height, at + 4);
    return bytes;
  });
}

const smallAvif = () => sharp(photo('rocket.jpg')).resize(16, 16).avif({ effort: 0 }).toBuffer();

function avifAnimation(frames: number): Buffer {
  const full = (type: string, content: Buffer) => box(type, Buffer.concat([Buffer.alloc(4), content]));
  const samples = full('stsz', Buffer.concat([uint32(1), uint32(frames)]));
  const size = Buffer.concat([Buffer.alloc(72), uint32(16 << 16), uint32(16 << 16)]);
  const track = box('trak', Buffer.concat([full('tkhd', size), box('mdia', box('minf', box('stbl', samples)))]));
  return Buffer.concat([box('ftyp', latin1('avis\0\0\0\0avismsf1')), box('moov', track), box('mdat', Buffer.alloc(8))]);
}

/** As many of a piece as fit into so many bytes. */
const many = (piece: Buffer, bytes = largest - 10_000): Buffer =>
  Buffer.alloc(Math.floor(bytes / piece.length) * piece.length, piece);

/** Directories that lead to themselves, with entries that lead nowhere. */
const loopingExif = exif([[0x8769, 4, 1, 8], [0x8825, 4, 1, 8], [0x014a, 4, 0xffff_ffff, 8], orientation(6)], {
  claims: 0xffff,
});

const jpegWith = (...segments: readonly Buffer[]) => withSegments(photo('rocket.jpg'), segments);

export const corpus: readonly HostilePicture[] = [
  // Bombs.
  { name: 'PNG of 1 x 100,000,000', make: () => pngOf(1, 100_000_000), outcome: tooManyPixels },
  { name: 'PNG of 100,000 x 100,000', make: () => pngOf(100_000, 100_000), outcome: tooManyPixels },
  { name: 'PNG of 2^32 - 1 x 2^32 - 1', make: () => pngOf(0xffff_ffff, 0xffff_ffff), outcome: tooManyPixels },
  { name: 'PNG of 200 megapixels', make: () => pngOf(20_000, 10_000), outcome: null },
  { name: 'JPEG of 65,535 x 65,535', make: () => jpegOf(65_535, 65_535), outcome: tooManyPixels },
  {
    name: 'WebP of 16,384 x 16,385',
    make: () => drawWebp(16_384, 16_384, 0).fill(0xff, 24, 30),
    outcome: tooManyPixels,
  },
  { name: 'GIF of 65,535 x 65,535', make: () => gifOf(65_535, 65_535, gifPicture), outcome: tooManyPixels },
  { name: 'AVIF of 1 x 100,000,000', make: () => avifOf(1, 100_000_000), outcome: tooManyPixels },
  {
    name: 'GIF of 30,000 frames',
    make: () => gifOf(1, 1, many(gifPicture, 30_000 * gifPicture.length)),
    outcome: tooManyFrames,
  },
  { name: 'APNG of 30,000 frames', make: () => apng(30_000, 30_000), outcome: tooManyFrames },
  { name: 'APNG of 30,000 frames that claims one', make: () => apng(30_000, 1), outcome: tooManyFrames },
  { name: 'APNG that claims 2^31 frames', make: () => apng(2, 2 ** 31), outcome: tooManyFrames },
  { name: 'WebP of 30,000 frames', make: () => animatedWebp(30_000), outcome: tooManyFrames },
  { name: 'AVIF of 30,000 frames', make: () => avifAnimation(30_000), outcome: tooManyFrames },
  {
    name: 'PNG with 50 MB of iCCP',
    make: () => withChunks(drawPng(8, 8), [chunk('iCCP', Buffer.alloc(50_000_000))]),
    outcome: unsure,
  },
  {
    name: 'WebP with 50 MB of ICCP',
    make: () => drawWebp(8, 8, 0x20, { before: [webpChunk('ICCP', Buffer.alloc(50_000_000))] }),
    outcome: unsure,
  },
  {
    name: 'JPEG with 50 MB of ICC profile',
    make: () =>
      jpegWith(
        many(jpegSegment(0xe2, Buffer.concat([latin1('ICC_PROFILE\0\x01\x01'), Buffer.alloc(60_000)])), 50_000_000),
      ),
    outcome: unsure,
  },

  // EXIF.
  { name: 'JPEG with EXIF in a circle', make: () => jpegWith(exifSegment(loopingExif)), outcome: null },
  {
    name: 'PNG with EXIF in a circle',
    make: () => drawPng(8, 8, { before: [chunk('eXIf', loopingExif)] }),
    outcome: null,
  },
  {
    name: 'PNG with 50 MB of EXIF',
    make: () => drawPng(8, 8, { before: [chunk('eXIf', Buffer.concat([loopingExif, Buffer.alloc(50_000_000)]))] }),
    outcome: null,
  },
  {
    name: 'JPEG with 700 EXIFs',
    make: () => jpegWith(many(exifSegment(Buffer.concat([loopingExif, Buffer.alloc(60_000)])))),
    outcome: null,
  },

  // Very many parts.
  { name: 'JPEG of a million segments', make: () => jpegWith(many(jpegSegment(0xfe, [0]))), outcome: truncated },
  { name: 'JPEG of 60,000 segments', make: () => jpegWith(many(jpegSegment(0xfe, [0]), 300_000)), outcome: null },
  {
    name: 'JPEG of 200,000 segments behind its picture',
    make: () =>
      Buffer.concat([
        photo('rocket.jpg').subarray(0, -2),
        many(jpegSegment(0xfe, [0]), 1_000_000),
        Buffer.of(0xff, 0xd9),
      ]),
    outcome: unsure,
  },
  {
    name: 'JPEG of fill bytes behind its picture',
    make: () =>
      Buffer.concat([photo('rocket.jpg').subarray(0, -2), Buffer.alloc(largest - 100_000, 0xff), Buffer.of(0xd9)]),
    outcome: null,
  },
  {
    name: 'JPEG of stuffed bytes',
    make: () =>
      Buffer.concat([
        photo('rocket.jpg').subarray(0, -2),
        many(Buffer.of(0xff, 0), largest - 100_000),
        Buffer.of(0xff, 0xd9),
      ]),
    outcome: null,
  },
  {
    name: 'JPEG of restart markers',
    make: () =>
      Buffer.concat([
        photo('rocket.jpg').subarray(0, -2),
        many(Buffer.of(0xff, 0xd0), largest - 100_000),
        Buffer.of(0xff, 0xd9),
      ]),
    outcome: null,
  },
  {
    name: 'JPEG of scans',
    make: () =>
      Buffer.concat([
        photo('rocket.jpg').subarray(0, -2),
        many(jpegSegment(0xda, [1, 1, 0, 0, 63, 0]), 2_000_000),
        Buffer.of(0xff, 0xd9),
      ]),
    outcome: unsure,
  },
  {
    name: 'JPEG with JPEGs behind it',
    make: () => many(jpegWith(jpegSegment(0xfe, Buffer.alloc(60_000)))),
    outcome: null,
  },
  {
    name: 'JPEG with one behind it that has 700 texts of XMP',
    make: () => {
      const text = latin1(`http://ns.adobe.com/xap/1.0/\0${'hdrgm:GainMapMin="'.repeat(3_500)}`);
      const behind = withSegments(photo('rocket.jpg'), [many(jpegSegment(0xe1, text))]);
      return Buffer.concat([photo('rocket.jpg'), behind]);
    },
    outcome: null,
  },
  {
    name: 'PNG of four million chunks',
    make: () => withChunks(drawPng(8, 8), [many(chunk('tEXt', Buffer.alloc(0)))]),
    outcome: unsure,
  },
  {
    name: 'PNG of 90,000 chunks',
    make: () => withChunks(drawPng(8, 8), [many(chunk('tEXt', Buffer.alloc(0)), 90_000 * 12)]),
    outcome: null,
  },
  {
    name: 'PNG of 90,000 chunks that stay and go',
    make: () =>
      withChunks(drawPng(8, 8), [
        many(Buffer.concat([chunk('tEXt', Buffer.alloc(0)), chunk('gAMA', Buffer.alloc(4))]), 45_000 * 28),
      ]),
    outcome: null,
  },
  {
    name: 'PNG with 50 MB of pixels too many',
    make: () => drawPng(8, 8, { after: [chunk('IDAT', Buffer.alloc(50_000_000))] }),
    outcome: null,
  },
  {
    name: 'WebP of six million chunks',
    make: () => webpFile(drawWebp(8, 8, 0).subarray(12), many(webpChunk('abcd', Buffer.alloc(0)))),
    outcome: unsure,
  },
  {
    name: 'WebP whose one frame has very many chunks',
    make: () =>
      webpFile(
        animatedWebp(0).subarray(12),
        webpChunk('ANMF', Buffer.concat([Buffer.alloc(16), many(webpChunk('abcd', Buffer.alloc(0)))])),
      ),
    outcome: unsure,
  },
  {
    name: 'GIF of extensions',
    make: () => gifOf(1, 1, Buffer.concat([gifPicture, many(Buffer.of(0x21, 0xfe, 1, 0, 0))])),
    outcome: tooManyFrames,
  },
  {
    name: 'GIF of one comment in pieces of a byte',
    make: () =>
      gifOf(
        1,
        1,
        Buffer.concat([gifPicture, Buffer.of(0x21, 0xfe), Buffer.alloc(largest - 10_000, 1), Buffer.of(1, 1, 0)]),
      ),
    outcome: tooManyFrames,
  },
  {
    name: 'GIF of 90,000 comments',
    make: () => gifOf(1, 1, Buffer.concat([gifPicture, many(Buffer.of(0x21, 0xfe, 1, 0, 0), 450_000)])),
    outcome: null,
  },
  {
    name: 'AVIF of free boxes',
    make: async () => Buffer.concat([await smallAvif(), many(box('free', Buffer.alloc(0)))]),
    outcome: truncated,
  },
  {
    name: 'AVIF with 49 MB that nothing refers to',
    make: async () => Buffer.concat([await smallAvif(), box('mdat', Buffer.alloc(49_000_000, 1))]),
    outcome: null,
  },

  // Two files in one.
  {
    name: 'JPEG that is a page of HTML as well',
    make: () =>
      Buffer.concat([
        jpegWith(jpegSegment(0xfe, latin1('<script>alert(1)</script>'))),
        latin1('<script>alert(2)</script>'),
      ]),
    outcome: null,
  },
  {
    name: 'SVG',
    make: () => latin1('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    outcome: 'IMAGE_FORMAT_REFUSED',
  },
];

/** Whole pictures of every format, to be cut off and changed. */
export async function wholePictures(): Promise<Record<string, Buffer>> {
  const small = () => sharp(photo('rocket.jpg')).resize(64, 48);
  const pages = [await small().toBuffer(), await small().negate().toBuffer()];
  return {
    jpg: photo('rocket.jpg'),
    progressive: await small().jpeg({ progressive: true }).toBuffer(),
    png: photo('gravel.png'),
    webp: photo('coffee.webp'),
    gif: await sharp(pages, { join: { animated: true } })
      .gif()
      .toBuffer(),
    avif: await small().avif({ effort: 0 }).toBuffer(),
  };
}
