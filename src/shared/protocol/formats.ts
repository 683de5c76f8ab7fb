import type { ImageFormat } from '../../types/index.js';

// The format byte is part of every stored ciphertext: it never changes, whatever order formats are configured in.
// 1 to 15 belong to pixstore 3.x; new formats start at 16.
const formatBytes: Readonly<Record<ImageFormat, number>> = { png: 1, webp: 2, jpg: 3, jpeg: 4, gif: 16, avif: 17 };

/** Every format pixstore knows. */
export const imageFormats = Object.keys(formatBytes) as readonly ImageFormat[];

/** The byte that stands before an image's own bytes in the plaintext. */
export function formatToByte(format: ImageFormat): number {
  return formatBytes[format];
}

/** The format a plaintext's first byte names, or undefined. */
export function formatFromByte(byte: number | undefined): ImageFormat | undefined {
  return imageFormats.find((format) => formatBytes[format] === byte);
}

/** An unknown format has a type that is none. */
export function mimeTypeOf(format: ImageFormat | undefined): string {
  return `image/${format === 'jpg' ? 'jpeg' : format}`;
}
