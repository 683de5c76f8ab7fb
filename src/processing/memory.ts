import type { Metadata } from 'sharp';

/** Bytes that decoder, encoder and buffers take beside the picture. */
export const memoryOfAny = 16 * 2 ** 20;

/** Bytes for each pixel of decoders that hold a whole picture, measured with pictures of 49 megapixels. */
const perPixel: Readonly<Record<string, number>> = { webp: 4, gif: 5, heif: 18 };

/**
 * Bytes that decoding takes at most, by what the header says. Baseline JPEG and plain PNG are decoded a few rows at a
 * time; what refines a picture in several passes is held whole.
 *
 * @param rows - of a TIFF, how many are decoded at once
 */
export function decodingMemory(header: Metadata, rows = Infinity): number {
  const { format, width, height, channels, depth, isProgressive } = header;
  const pixels = width * height;
  const samples = pixels * channels * bytesOf(depth);
  switch (format) {
    case 'jpeg': {
      const colours = header.chromaSubsampling === '4:2:0' ? channels / 2 : channels;
      return memoryOfAny + (isProgressive ? 2 * pixels * colours : 0); // coefficients, of 16 bits
    }
    case 'png':
      return memoryOfAny + (isProgressive ? samples : 0);
    case 'tiff':
      return memoryOfAny + ((header.orientation ?? 1) === 1 ? samples * Math.min(1, rows / height) : samples);
    default:
      return memoryOfAny + pixels * (perPixel[format] ?? 18);
  }
}

function bytesOf(depth: string): number {
  if (depth === 'uchar') return 1;
  return depth === 'ushort' ? 2 : 4;
}
