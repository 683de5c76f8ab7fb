import sharp from 'sharp';
import { jpegSegment, webpChunk } from './drawn-images.js';
import { photo } from './photos.js';
import { chunk } from './small-picture.js';

// Pictures that tell more than they show, of every format and by every way that is known here.

/** Stands in everything that has to go. */
export const secret = 'SECRET 48N51 serial 0815';

export const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="${secret}"/></rdf:RDF></x:xmpmeta>`;

export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** What stands behind the end of a motion photo, and of a file that is a page of HTML as well. */
export const trailer = latin1(`\0\0\0\x18ftypmp42\0\0\0\0mp42isom<html><script>${secret}</script>`);

const exif = {
  IFD0: { ImageDescription: secret, Make: secret, Copyright: secret },
  IFD2: { BodySerialNumber: secret, MakerNote: secret },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 30/1', GPSAreaInformation: secret },
};

/** Segments of all kinds that programs put into a JPEG. */
export const tellingSegments: readonly Buffer[] = [
  jpegSegment(0xe0, latin1(`JFXX\0\x10${secret}`)),
  jpegSegment(0xe1, latin1(`http://ns.adobe.com/xmp/extension/\0${'0'.repeat(32)}\0\0\0\0\0\0\0\0${secret}`)),
  jpegSegment(0xe1, latin1(`Exif\0\0MM\0*\0\0\0\x08\0\0${secret}`)), // a second one
  jpegSegment(0xe2, latin1(`FPXR\0${secret}`)),
  jpegSegment(0xe4, latin1(secret)),
  jpegSegment(0xeb, latin1(`JP\0\x01\0\0\0\x01\0\0\0\x20jumb${secret}`)),
  jpegSegment(0xec, latin1(`Ducky${secret}`)),
  jpegSegment(0xed, latin1(`Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x20${secret}`)),
  jpegSegment(0xfe, latin1(secret)),
];

export const tellingChunks: readonly Buffer[] = [
  chunk('tEXt', latin1(`Comment\0${secret}`)),
  chunk('iTXt', latin1(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`)),
  chunk('zTXt', latin1(`Raw profile type exif\0\0${secret}`)),
  chunk('tIME', Buffer.of(7, 0xea, 11, 29, 12, 0, 0)),
  chunk('sPLT', latin1(`${secret}\0\x08`)),
  chunk('caBX', latin1(secret)),
  chunk('prVt', latin1(secret)),
];

export function withSegments(jpeg: Buffer, segments: readonly Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

/** Behind the header, or in front of the end. */
export function withChunks(png: Buffer, first: readonly Buffer[], last: readonly Buffer[] = []): Buffer {
  return Buffer.concat([png.subarray(0, 33), ...first, png.subarray(33, -12), ...last, png.subarray(-12)]);
}

/** Into the RIFF of a WebP, as its last chunks. */
export function withWebpChunks(webp: Buffer, ...chunks: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat([webp, ...chunks]);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  return bytes;
}

/** Behind the header of a GIF and its colours. */
export function withExtensions(gif: Buffer, extensions: readonly Buffer[]): Buffer {
  const flags = gif[10] as number;
  const at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  return Buffer.concat([gif.subarray(0, at), ...extensions, gif.subarray(at)]);
}

export interface TellingPicture {
  name: string;
  format: 'jpg' | 'png' | 'webp' | 'gif' | 'avif';
  bytes: Buffer;
}

/** Made anew by each call, for it takes sharp a second. */
export async function tellingPictures(side = 48): Promise<TellingPicture[]> {
  const small = () => sharp(photo('astronaut.jpg')).resize(side, side).withExif(exif).withXmp(xmp).withIccProfile('p3');
  const transparent = () => small().ensureAlpha(0.5);
  const frames = await Promise.all(
    ['rocket.jpg', 'astronaut.jpg', 'retina.jpg'].map((name) => sharp(photo(name)).resize(side, side).toBuffer()),
  );
  const animated = () => sharp(frames, { join: { animated: true } });
  const made: [string, TellingPicture['format'], Promise<Buffer>][] = [
    ['baseline', 'jpg', small().jpeg().toBuffer()],
    ['progressive', 'jpg', small().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer()],
    ['with restarts', 'jpg', small().jpeg({ mozjpeg: true }).toBuffer()],
    ['grey', 'jpg', small().greyscale().jpeg().toBuffer()],
    ['CMYK', 'jpg', sharp(frames[0]).toColourspace('cmyk').withExif(exif).jpeg().toBuffer()],
    ['true colour', 'png', small().png().toBuffer()],
    ['interlaced', 'png', transparent().png({ progressive: true }).toBuffer()],
    ['palette', 'png', small().png({ palette: true }).toBuffer()],
    ['16 bits', 'png', small().toColourspace('rgb16').png().toBuffer()],
    ['lossy', 'webp', small().webp().toBuffer()],
    ['lossless', 'webp', small().webp({ lossless: true }).toBuffer()],
    ['transparent', 'webp', transparent().webp().toBuffer()],
    ['animated', 'webp', animated().withExif(exif).withXmp(xmp).webp({ loop: 3 }).toBuffer()],
    [
      'animated',
      'gif',
      animated()
        .gif({ loop: 3, delay: [40, 80, 120] })
        .toBuffer(),
    ],
    ['still', 'gif', sharp(frames[0]).gif().toBuffer()],
    ['plain', 'avif', small().avif({ effort: 0 }).toBuffer()],
    ['transparent', 'avif', transparent().avif({ effort: 0 }).toBuffer()],
  ];
  return Promise.all(
    made.map(async ([name, format, making]) => ({
      name: `${name} ${format}`,
      format,
      bytes: tell(format, await making),
    })),
  );
}

function tell(format: TellingPicture['format'], bytes: Buffer): Buffer {
  switch (format) {
    case 'jpg':
      return Buffer.concat([withSegments(bytes, tellingSegments), trailer]);
    case 'png':
      return Buffer.concat([withChunks(bytes, tellingChunks, tellingChunks), trailer]);
    case 'webp':
      return Buffer.concat([withWebpChunks(bytes, webpChunk('prVt', latin1(secret))), trailer]);
    case 'gif':
      return Buffer.concat([withExtensions(bytes, tellingExtensions), trailer]);
    case 'avif':
      return Buffer.concat([bytes, box('uuid', latin1(secret))]);
  }
}

const pieces = (text: string) => Buffer.concat([Buffer.of(text.length), latin1(text), Buffer.of(0)]);

export const tellingExtensions: readonly Buffer[] = [
  Buffer.concat([Buffer.of(0x21, 0xfe), pieces(secret)]),
  Buffer.concat([Buffer.of(0x21, 0xff, 11), latin1('XMP DataXMP'), pieces(secret)]),
];

export function box(type: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

/** What is seen, to the bit, and how it is meant: all frames, in the colours they are coded in, not turned. */
export async function seenIn(bytes: Uint8Array): Promise<unknown> {
  // Of several pictures in an AVIF, browsers show the primary one.
  const isAvif = Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'ftyp';
  const picture = sharp(bytes, { animated: !isAvif, limitInputPixels: 1e8 });
  const { icc, orientation, delay, loop, pages, space, hasAlpha } = await picture.metadata();
  const pixels = await picture.raw({ depth: 'ushort' }).toBuffer();
  return {
    ...{ orientation: orientation ?? 1, delay, loop, pages, space, hasAlpha },
    icc: icc?.toString('base64'),
    pixels: pixels.toString('base64'),
  };
}
