import type { Sharp } from 'sharp';
import type { FormatName, VariantFormat } from './variant-formats.js';

/** Bytes for each pixel that encoders hold, measured with 6 and 24 megapixels. */
const heldBytes: Readonly<Record<FormatName, number>> = { webp: 8, jpg: 8, jpeg: 8, png: 1, avif: 48 };

const encoders: Readonly<Record<FormatName, (pixels: Sharp, quality: number) => Sharp>> = {
  webp: (pixels, quality) => pixels.webp({ quality }),
  // JPEG has no transparency: what is behind a picture is white on most pages, and black unless told.
  jpg: (pixels, quality) => pixels.flatten({ background: '#fff' }).jpeg({ quality }),
  jpeg: (pixels, quality) => pixels.flatten({ background: '#fff' }).jpeg({ quality }),
  png: (pixels) => pixels.png(),
  avif: (pixels, quality) => pixels.avif({ quality }),
};

/** Bytes of memory that encoding takes at most. */
export function encodingMemory(format: VariantFormat, pixels: number): number {
  return pixels * heldBytes[format];
}

/** Sets the format that comes out, with no metadata. */
export function encode(pixels: Sharp, format: VariantFormat, quality: number): Sharp {
  return encoders[format](pixels, quality);
}
