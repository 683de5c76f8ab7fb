import type { Sharp } from 'sharp';
import { imageFormats } from '../shared/protocol/formats.js';
import type { ImageFormat } from '../types/index.js';

/** Bytes for each pixel that encoders hold, measured with 6 and 24 megapixels. */
const heldBytes: Readonly<Record<string, number>> = { webp: 8, jpg: 8, jpeg: 8, png: 1 };

const encoders = {
  webp: (pixels: Sharp, quality: number) => pixels.webp({ quality }),
  // JPEG has no transparency: what is behind a picture is white on most pages, and black unless told.
  jpg: (pixels: Sharp, quality: number) => pixels.flatten({ background: '#fff' }).jpeg({ quality }),
  jpeg: (pixels: Sharp, quality: number) => pixels.flatten({ background: '#fff' }).jpeg({ quality }),
  png: (pixels: Sharp) => pixels.png(),
  avif: (pixels: Sharp, quality: number) => pixels.avif({ quality }),
};

/** The formats that variants are made in, of those that a backend keeps. */
export type VariantFormat = Extract<ImageFormat, keyof typeof encoders>;

export const keptFormats = imageFormats.filter((format): format is VariantFormat => format in encoders);

/** Bytes of memory that encoding takes at most. */
export function encodingMemory(format: VariantFormat, pixels: number): number {
  return pixels * (heldBytes[format] ?? 48);
}

/** Sets the format that comes out, with no metadata. */
export function encode(pixels: Sharp, format: VariantFormat, quality: number): Sharp {
  return encoders[format](pixels, quality);
}
