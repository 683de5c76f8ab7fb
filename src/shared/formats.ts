import type { ImageFormat } from '../types/index.js';

// The format byte is part of every stored ciphertext: it never changes, whatever order formats are configured in.
// 1 to 15 belong to pixstore 3.x; new formats start at 16.
const formatsByByte = { 1: 'png', 2: 'webp', 3: 'jpg', 4: 'jpeg' } as const;

/** Every format pixstore knows, in the order of the default configuration. */
export const imageFormats: readonly ImageFormat[] = Object.values(formatsByByte);

/** The byte that stands before an image's own bytes in the plaintext. Of a format without one, it does not compile. */
export function formatToByte(format: (typeof formatsByByte)[keyof typeof formatsByByte]): number {
  return Number(Object.entries(formatsByByte).find(([, name]) => name === format)?.[0]);
}

/** The format a plaintext's first byte names, or undefined. */
export function formatFromByte(byte: number | undefined): ImageFormat | undefined {
  return (formatsByByte as Readonly<Record<number, ImageFormat>>)[byte as number];
}

export function mimeTypeOf(format: ImageFormat): string {
  return `image/${format === 'jpg' ? 'jpeg' : format}`;
}
