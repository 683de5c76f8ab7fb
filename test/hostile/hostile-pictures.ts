import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { jpegSegment, webpChunk, webpFile } from '../support/drawn-images.js';
import { photoPath } from '../support/photos.js';
import { chunk } from '../support/small-picture.js';

// Pictures that are made to do harm, and whole ones to break.

/** Whole pictures of every kind that decodes in a way of its own, 200 x 133. */
export const wholeKinds: Readonly<Record<string, { format: string; make(photo: Sharp): Sharp }>> = {
  'baseline JPEG': { format: 'jpg', make: (photo) => photo.jpeg() },
  'progressive JPEG': { format: 'jpg', make: (photo) => photo.jpeg({ progressive: true }) },
  PNG: { format: 'png', make: (photo) => photo.png() },
  'interlaced PNG': { format: 'png', make: (photo) => photo.png({ progressive: true }) },
  'lossy WebP': { format: 'webp', make: (photo) => photo.webp() },
  'lossless WebP': { format: 'webp', make: (photo) => photo.webp({ lossless: true }) },
};

export const wholeSize = { width: 200, height: 133 };

export function wholePicture(kind: string): Promise<Buffer> {
  const photo = sharp(photoPath('cat.png')).resize(wholeSize.width, wholeSize.height, { fit: 'fill' });
  return wholeKinds[kind]?.make(photo).toBuffer() ?? Promise.reject(new Error(kind));
}

/** A PNG whose header says what its pixels do not keep. */
export function pngThatClaims(width: number, height: number, depth = 8, colours = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colours], 8);
  return pngOf(chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(1000))));
}

/** A picture with a colour profile of so many zeros, which are a thousandth of that in the file. */
export async function pngWithProfile(bytes: number): Promise<Buffer> {
  const png = await wholePicture('PNG');
  const profile = Buffer.concat([Buffer.from('profile\0\0', 'latin1'), deflateSync(Buffer.alloc(bytes))]);
  return Buffer.concat([png.subarray(0, 33), chunk('iCCP', profile), png.subarray(33)]);
}

/** A WebP of so many frames of 1 x 1. */
export function webpOfFrames(frames: number): Buffer {
  const header = Buffer.alloc(10);
  header[0] = 0x02; // an animation
  const pixels = Buffer.alloc(9);
  pixels[0] = 0x2f;
  pixels.writeUIntLE(0b0001_0001_0001_0001_0001 << 3, 5, 4);
  const frame = webpChunk('ANMF', Buffer.concat([Buffer.alloc(16), webpChunk('VP8L', pixels)]));
  return webpFile(
    webpChunk('VP8X', header),
    webpChunk('ANIM', Buffer.alloc(6)),
    ...Array.from({ length: frames }, () => frame),
  );
}

/** A progressive JPEG that sends one scan again and again: each goes through all of its pixels. */
export async function jpegOfScans(width: number, height: number, scans: number): Promise<Buffer> {
  const plain = await sharp({ create: { width, height, channels: 3, background: 'gray' } })
    .greyscale()
    .jpeg({ progressive: true })
    .toBuffer();
  const first = plain.indexOf(Buffer.of(0xff, 0xda));
  // One component, the bits of one coefficient, an end-of-band run that covers what is left: nothing but zeros.
  const scan = Buffer.concat([jpegSegment(0xda, [1, 1, 0, 1, 1, 0]), Buffer.alloc(8)]);
  const end = plain.subarray(-2);
  return Buffer.concat([
    plain.subarray(0, first),
    plain.subarray(first, -2),
    ...Array.from({ length: scans }, () => scan),
    end,
  ]);
}

function pngOf(...chunks: readonly Buffer[]): Buffer {
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, ...chunks, chunk('IEND', Buffer.alloc(0))]);
}
