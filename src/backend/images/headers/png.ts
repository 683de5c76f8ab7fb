import { type ImageSize, textAt, uint32 } from './bytes.js';

// signature 8 | length 4 | "IHDR" | width 4 | height 4 | depth, colour and methods 5 | checksum 4
const headerLength = 33;

/** The size of a PNG, whose first chunk must be its header; null when that is cut off or broken. */
export function pngSize(bytes: Uint8Array): ImageSize | null {
  if (bytes.length < headerLength || uint32(bytes, 8) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') return null;
  return { width: uint32(bytes, 16), height: uint32(bytes, 20) };
}
