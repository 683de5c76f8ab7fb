import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { stripImage } from '../../../../../src/backend/images/metadata/strip.js';
import type { ImageFormat } from '../../../../../src/types/index.js';
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
  webpFile,
} from '../../../../support/drawn-images.js';
import { failure } from '../../../../support/errors.js';
import { box, latin1, secret, seenIn, withChunks, withExtensions, withSegments } from '../../../../support/metadata.js';
import { photo } from '../../../../support/photos.js';
import { chunk } from '../../../../support/small-picture.js';

const strip = async (bytes: Buffer, format: ImageFormat) => Buffer.from(await stripImage(bytes, format, true));

/** Says why it is refused. */
async function refusal(bytes: Buffer, format: ImageFormat): Promise<string> {
  const { message } = await failure('IMAGE_NOT_STRIPPABLE', async () => stripImage(bytes, format, true));
  return message;
}

const turn = exif([orientation(6), [0x010f, 2, 4, 0x41414100]]);
const alone = exif([orientation(6)]);

describe('of a JPEG', () => {
  const plain = drawJpeg(20, 10);

  test('EXIF keeps its orientation and nothing else, wherever it stands', async () => {
    const first = await strip(drawJpeg(20, 10, { first: [exifSegment(turn)] }), 'jpg');
    expect(first.equals(drawJpeg(20, 10, { first: [exifSegment(alone)] }))).toBe(true);
    const late = await strip(drawJpeg(20, 10, { afterFrame: [exifSegment(turn)] }), 'jpg');
    expect(late.equals(drawJpeg(20, 10, { afterFrame: [exifSegment(alone)] }))).toBe(true);
  });

  test.each<[string, Buffer[]]>([
    ['that does not turn', [exifSegment(exif([orientation(1)]))]],
    ['without an orientation', [exifSegment(exif([[0x010f, 2, 4, 0x41414100]]))]],
    ['that is broken', [exifSegment(latin1(secret))]],
  ])('EXIF %s goes whole', async (_, first) => {
    expect((await strip(drawJpeg(20, 10, { first }), 'jpg')).equals(plain)).toBe(true);
  });

  test('EXIF behind the picture, in which nobody believes, goes', async () => {
    expect((await strip(drawJpeg(20, 10, { afterScan: [exifSegment(turn)] }), 'jpg')).equals(plain)).toBe(true);
  });

  test('the thumbnail of JFIF goes, its density stays', async () => {
    const head = [...latin1('JFIF\0'), 1, 2, 1, 0, 96, 0, 96];
    const small = jpegSegment(0xe0, [...head, 0, 0]);
    expect(
      (await strip(withSegments(plain, [jpegSegment(0xe0, [...head, 1, 1, 1, 2, 3])]), 'jpg')).equals(
        withSegments(plain, [small]),
      ),
    ).toBe(true);
  });

  test('what stands between scans goes, and all scans stay', async () => {
    const progressive = await sharp(photo('rocket.jpg')).resize(64, 48).jpeg({ progressive: true }).toBuffer();
    const scans = [...progressive.toString('latin1').matchAll(/\xff\xda/g)].map(({ index }) => index);
    expect(scans.length).toBeGreaterThan(3);
    const middle = scans[2] as number;
    const told = Buffer.concat([
      progressive.subarray(0, middle),
      jpegSegment(0xfe, latin1(secret)),
      progressive.subarray(middle),
    ]);
    expect((await strip(told, 'jpg')).equals(progressive)).toBe(true);
  });

  test('fill bytes and stray bytes between segments go', async () => {
    const strays = Buffer.concat([plain.subarray(0, 2), latin1(secret), Buffer.alloc(9, 0xff), plain.subarray(2)]);
    expect((await strip(strays, 'jpg')).equals(plain)).toBe(true);
  });

  test.each<[string, Buffer, string]>([
    ['text for tables', withSegments(plain, [jpegSegment(0xdb, latin1(secret))]), 'none of those that pictures have'],
    ['text for codes', withSegments(plain, [jpegSegment(0xc4, latin1(secret))]), 'none of those that pictures have'],
    [
      'a second frame',
      drawJpeg(20, 10, { afterFrame: [jpegSegment(0xc0, [8, 0, 10, 0, 20, 1, 1, 0x11, 0])] }),
      'a second frame',
    ],
    [
      'layers',
      withSegments(plain, [jpegSegment(0xde, [8, 0, 10, 0, 20, 1, 1, 0x11, 0])]),
      'none of those that pictures have',
    ],
    ['a segment without a length', withSegments(plain, [Buffer.of(0xff, 0xe1, 0, 1)]), 'an odd length'],
    ['no end', plain.subarray(0, -2), 'EOI'],
  ])('with %s it is refused, and the message says so', async (_, bytes, why) => {
    expect(await refusal(bytes, 'jpg')).toContain(why);
  });
});

describe('of a PNG', () => {
  test('eXIf keeps its orientation and nothing else, in front of the pixels', async () => {
    const told = drawPng(20, 10, { before: [chunk('eXIf', turn), chunk('eXIf', turn)], after: [chunk('eXIf', turn)] });
    expect((await strip(told, 'png')).equals(drawPng(20, 10, { before: [chunk('eXIf', alone)] }))).toBe(true);
    const behind = drawPng(20, 10, { after: [chunk('eXIf', turn)] });
    expect((await strip(behind, 'png')).equals(drawPng(20, 10))).toBe(true);
  });

  test('colours and density stay', async () => {
    const lengths = { tRNS: 2, gAMA: 4, cHRM: 32, sRGB: 1, cICP: 4, mDCV: 24, cLLI: 8, sBIT: 1, bKGD: 2, pHYs: 9 };
    const before = Object.entries(lengths).map(([name, length]) => chunk(name, Buffer.alloc(length, 1)));
    const told = drawPng(20, 10, { before });
    expect(stripImage(told, 'png', true) === told).toBe(true);
    const odd = Object.entries(lengths).map(([name, length]) => chunk(name, Buffer.alloc(length + 20, 1)));
    expect((await strip(drawPng(20, 10, { before: odd }), 'png')).equals(drawPng(20, 10))).toBe(true);
  });

  test('an animation stays', async () => {
    const frame = chunk('fcTL', Buffer.alloc(26));
    const told = drawPng(20, 10, {
      before: [chunk('acTL', Buffer.alloc(8)), frame],
      after: [frame, chunk('fdAT', Buffer.alloc(9))],
    });
    expect(stripImage(told, 'png', true) === told).toBe(true);
  });

  test('what no decoder looks at goes: words in it would stay', async () => {
    const [announced, frame, pixels] = [8, 26, 300].map((length, index) =>
      chunk(['acTL', 'fcTL', 'fdAT'][index] as string, Buffer.alloc(length, 'secret')),
    ) as [Buffer, Buffer, Buffer];
    const told = drawPng(20, 10, {
      before: [chunk('tRNS', Buffer.alloc(200, 'secret')), chunk('hIST', Buffer.alloc(500, 'secret')), frame],
      after: [announced, frame, pixels],
    });
    expect((await strip(told, 'png')).equals(drawPng(20, 10))).toBe(true);
  });

  const wrong = Buffer.concat([chunk('gAMA', Buffer.alloc(4)).subarray(0, -1), Buffer.of(1)]);
  test.each<[string, Buffer, string]>([
    [
      'pixels in two places',
      drawPng(8, 8, { after: [chunk('tEXt', Buffer.alloc(3)), chunk('IDAT', Buffer.alloc(3))] }),
      'interrupted',
    ],
    ['a wrong checksum', drawPng(8, 8, { before: [wrong] }), 'checksum of its chunk gAMA'],
    [
      'a chunk that must be known',
      drawPng(8, 8, { before: [chunk('CgBI', Buffer.alloc(4))] }),
      'every decoder must know',
    ],
    ['two headers', drawPng(8, 8, { before: [chunk('IHDR', Buffer.alloc(13))] }), 'header'],
    ['a profile of 5 MiB', drawPng(8, 8, { before: [chunk('iCCP', Buffer.alloc(5 * 2 ** 20))] }), 'colour profile'],
  ])('with %s it is refused, and the message says so', async (_, bytes, why) => {
    expect(await refusal(bytes, 'png')).toContain(why);
  });
});

describe('of a WebP', () => {
  test('the header says what is still there, and EXIF keeps its orientation', async () => {
    const [plain, turned] = [drawWebp(20, 10, 0), drawWebp(20, 10, hasExif, { after: [webpChunk('EXIF', alone)] })];
    const told = [webpChunk('EXIF', turn), webpChunk('XMP ', latin1(secret))];
    expect((await strip(drawWebp(20, 10, 0x0c, { after: told }), 'webp')).equals(turned)).toBe(true);
    const named = [webpChunk('EXIF', Buffer.concat([latin1('Exif\0\0'), turn]))];
    expect((await strip(drawWebp(20, 10, hasExif, { after: named }), 'webp')).equals(turned)).toBe(true);
    expect((await strip(drawWebp(20, 10, 0x2c), 'webp')).equals(plain)).toBe(true); // flags of what is not there
  });

  test('frames of an animation are stripped, too', async () => {
    const pixels = drawWebp(20, 10, 0).subarray(30);
    const animation = (...chunks: readonly Buffer[]) => {
      const header = drawWebp(20, 10, 0x02).subarray(12, 30);
      const frame = webpChunk('ANMF', Buffer.concat([Buffer.alloc(16), ...chunks]));
      return webpFile(header, webpChunk('ANIM', Buffer.alloc(6)), frame);
    };
    expect((await strip(animation(pixels, webpChunk('note', latin1(secret))), 'webp')).equals(animation(pixels))).toBe(
      true,
    );
    expect(await refusal(animation(webpChunk('note', latin1(secret))), 'webp')).toContain('a frame has no picture');
  });

  test('a simple one is its picture', async () => {
    const simple = photo('brick.webp');
    const told = Buffer.concat([simple, webpChunk('EXIF', latin1(secret))]);
    told.writeUInt32LE(told.length - 8, 4);
    expect((await strip(told, 'webp')).equals(simple)).toBe(true);
  });

  test.each<[string, Buffer, string]>([
    ['text for a picture', drawWebp(8, 8, 0, { before: [webpChunk('VP8 ', latin1(secret))] }), 'a second picture'],
    ['text for the only picture', webpFile(webpChunk('VP8L', latin1(secret))), 'is none'],
    ['a chunk that is too long', webpFile(drawWebp(8, 8, 0).subarray(12), latin1('EXIF\xff\0\0\0')), 'behind its end'],
    [
      'two profiles',
      drawWebp(8, 8, 0, { before: [webpChunk('ICCP', Buffer.alloc(4)), webpChunk('ICCP', Buffer.alloc(4))] }),
      'a second ICCP',
    ],
  ])('with %s it is refused, and the message says so', async (_, bytes, why) => {
    expect(await refusal(bytes, 'webp')).toContain(why);
  });
});

describe('of a GIF', () => {
  const loop = Buffer.concat([Buffer.of(0x21, 0xff, 11), latin1('NETSCAPE2.0'), Buffer.of(3, 1, 7, 0, 0)]);
  const more = Buffer.concat([loop.subarray(0, -1), Buffer.of(secret.length), latin1(secret), Buffer.of(0)]);
  const text = Buffer.concat([Buffer.of(0x21, 0x01, 12), Buffer.alloc(12), Buffer.of(3), latin1('abc\0')]);

  test('how often it is shown stays, and nothing behind that', async () => {
    const still = await sharp(photo('rocket.jpg')).resize(8, 8).gif().toBuffer();
    const looping = withExtensions(still, [loop]);
    expect(stripImage(looping, 'gif', true) === looping).toBe(true);
    expect((await strip(withExtensions(still, [more, text]), 'gif')).equals(looping)).toBe(true);
  });
});

const small = await sharp(photo('rocket.jpg')).resize(16, 16).avif({ effort: 0 }).toBuffer();

describe('of an AVIF', () => {
  test('boxes that a picture does not need are blanked in front of it, and cut off behind it', async () => {
    const told = Buffer.concat([small, box('uuid', latin1(secret)), box('free', latin1(secret))]);
    expect((await strip(told, 'avif')).equals(small)).toBe(true);
    const data = Buffer.concat([small, box('mdat', latin1(secret)), box('free', latin1(secret))]);
    const stripped = await strip(data, 'avif');
    expect(stripped.equals(Buffer.concat([small, box('mdat', Buffer.alloc(secret.length))]))).toBe(true);
    expect(await seenIn(stripped)).toEqual(await seenIn(small));
  });

  test('names that people give go', async () => {
    const named = Buffer.from(small);
    const at = named.indexOf('hdlr') + 4 + 24; // the name of the program
    named[at] = 'x'.charCodeAt(0);
    expect((await strip(named, 'avif')).equals(small)).toBe(true);
  });

  test.each<[string, Buffer, string]>([
    ['an animation', Buffer.concat([small, box('moov', Buffer.alloc(0))]), 'animation'],
    ['two lists', Buffer.concat([small, small.subarray(28, 28 + small.readUInt32BE(28))]), 'list of its parts'],
  ])('with %s it is refused, and the message says so', async (_, bytes, why) => {
    expect(await refusal(bytes, 'avif')).toContain(why);
  });
});

test('what takes more than one step is taken at once, too: its owner may use the memory again', async () => {
  const told = withChunks(drawPng(8, 8), new Array(5_000).fill(chunk('tEXt', latin1('x'))));
  const stripping = stripImage(told, 'png', true);
  expect(stripping).toBeInstanceOf(Promise);
  told.fill(0);
  expect(Buffer.from(await stripping).equals(drawPng(8, 8))).toBe(true);
});
