import { deflateSync } from 'node:zlib';
import { chunk } from './small-picture.js';

// Images made here byte by byte: one plain colour, of any size, with whatever else a file may carry.

/** One entry of an EXIF directory: tag, type, count and the four bytes of its value as a number. */
export type ExifEntry = readonly [tag: number, type: number, count: number, value: number];

export interface ExifLayout {
  littleEndian?: boolean;
  /** Where the header says that the directory is; where it is, unless told otherwise. */
  directoryAt?: number;
  /** How many entries the directory says it has. */
  claims?: number;
}

/** The entry that turns or mirrors a picture. */
export const orientation = (value: number): ExifEntry => [0x0112, 3, 1, value];

/** EXIF as it stands in PNG and WebP: a TIFF header and its first directory, of which a short value lies on the left. */
export function exif(entries: readonly ExifEntry[], layout: ExifLayout = {}): Buffer {
  const { littleEndian = false, directoryAt = 8, claims = entries.length } = layout;
  const bytes = Buffer.alloc(8 + 2 + 12 * entries.length + 4);
  const write = (value: number, at: number, length: number) =>
    littleEndian ? bytes.writeUIntLE(value, at, length) : bytes.writeUIntBE(value, at, length);
  bytes.write(littleEndian ? 'II' : 'MM', 'latin1');
  write(42, 2, 2);
  write(directoryAt, 4, 4);
  write(claims, 8, 2);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 10 + 12 * index;
    write(tag, at, 2);
    write(type, at + 2, 2);
    write(count, at + 4, 4);
    write(value, at + 8, type === 3 ? 2 : 4);
  });
  return bytes;
}

export function jpegSegment(marker: number, content: Uint8Array | readonly number[]): Buffer {
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, Buffer.from(content)]);
}

/** The segment of a JPEG in which EXIF stands. */
export const exifSegment = (bytes: Uint8Array): Buffer =>
  jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), bytes]));

/** Segments by where they stand in a JPEG. */
export interface JpegSegments {
  first?: readonly Uint8Array[];
  afterFrame?: readonly Uint8Array[];
  afterScan?: readonly Uint8Array[];
}

/** A grey baseline JPEG: every block is "as the one before" and "nothing else", a bit each. */
export function drawJpeg(width: number, height: number, segments: JpegSegments = {}): Buffer {
  const { first = [], afterFrame = [], afterScan = [] } = segments;
  const bits = 2 * Math.ceil(width / 8) * Math.ceil(height / 8);
  const blocks = Buffer.alloc(Math.ceil(bits / 8));
  if (bits % 8) blocks[blocks.length - 1] = 0xff >> (bits % 8);
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const oneCode = [1, ...new Array(15).fill(0), 0]; // a table with one code, of one bit, for the value 0
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    ...first,
    jpegSegment(0xdb, [0, ...new Array(64).fill(1)]),
    jpegSegment(0xc0, [8, ...size, 1, 1, 0x11, 0]),
    ...afterFrame,
    jpegSegment(0xc4, [0x00, ...oneCode]),
    jpegSegment(0xc4, [0x10, ...oneCode]),
    jpegSegment(0xda, [1, 1, 0, 0, 63, 0]),
    blocks,
    ...afterScan,
    Buffer.of(0xff, 0xd9),
  ]);
}

/** Chunks of a PNG or a WebP by where they stand: in front of the pixels, or behind them. */
export interface Chunks {
  before?: readonly Uint8Array[];
  after?: readonly Uint8Array[];
}

/** A black PNG. */
export function drawPng(width: number, height: number, { before = [], after = [] }: Chunks = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0], 8); // 8 bits of grey
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * height))),
    ...after,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export function webpChunk(name: string, content: Uint8Array): Buffer {
  const head = Buffer.from(`${name}    `, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** The flag of a WebP that says there is EXIF. */
export const hasExif = 0x08;

/** A transparent lossless WebP of the extended kind, with the flags of its header. */
export function drawWebp(
  width: number,
  height: number,
  flags: number,
  { before = [], after = [] }: Chunks = {},
): Buffer {
  const header = Buffer.alloc(10);
  header[0] = flags;
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  // A mark and the size; then neither transforms nor a cache, and five codes that each have the value 0 only.
  const pixels = Buffer.alloc(9);
  pixels[0] = 0x2f;
  pixels.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1);
  const codes = 0b0001_0001_0001_0001_0001;
  pixels.writeUIntLE(codes << 3, 5, 4);
  return webpFile(webpChunk('VP8X', header), ...before, webpChunk('VP8L', pixels), ...after);
}

export function webpFile(...chunks: readonly Uint8Array[]): Buffer {
  return webpChunk('RIFF', Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks]));
}
