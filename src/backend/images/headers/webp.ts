import { type ImageSize, textAt, uint16LittleEndian, uint24LittleEndian, uint32LittleEndian } from './bytes.js';

// "RIFF" | size of what follows 4 | "WEBP" | name of the first chunk 4 | its length 4 | its content
const riffOverhead = 8;
const firstChunk = 12;
const content = 20;

const animationFlag = 0x02;
const frame = 0x46_4d_4e_41; // "ANMF", from the last letter on
const mostChunks = 200_000;

// What is read here of a first chunk of each kind.
const lossyLength = 10;
const losslessLength = 5;
const extendedLength = 10;

/**
 * The size of a WebP, which its first chunk has, whichever of the three kinds it is; null when it is broken.
 *
 * EXIF is not looked for: neither Chromium nor Firefox nor WebKitGTK turns a WebP by it, wherever it stands.
 */
export function webpSize(bytes: Uint8Array): ImageSize | null {
  const length = bytes.length - content;
  switch (textAt(bytes, 12, 4)) {
    case 'VP8 ':
      return length < lossyLength ? null : lossySize(bytes);
    case 'VP8L':
      return length < losslessLength ? null : losslessSize(bytes);
    case 'VP8X':
      return length < extendedLength ? null : extendedSize(bytes);
    default:
      return null;
  }
}

/** What a WebP lacks that would make it a whole picture, or null. Whatever stands behind its end does not count. */
export function webpLack(bytes: Uint8Array): string | null {
  const size = riffOverhead + uint32LittleEndian(bytes, 4);
  if (size > bytes.length) return `its header (RIFF) says that it has ${size}`;
  if (content + uint32LittleEndian(bytes, 16) > size) return 'its first chunk is longer than all of it';
  return null;
}

/** How many frames it has; 1 for a picture that does not move. */
export function webpFrames(bytes: Uint8Array, most: number): number {
  const isAnimation = textAt(bytes, 12, 4) === 'VP8X' && ((bytes[content] as number) & animationFlag) !== 0;
  if (!isAnimation) return 1;
  const end = riffOverhead + uint32LittleEndian(bytes, 4);
  let frames = 0;
  let at = firstChunk;
  for (let count = 0; count < mostChunks; count += 1) {
    if (at >= end || frames > most) return Math.max(1, frames);
    if (uint32LittleEndian(bytes, at) === frame) frames += 1;
    const length = uint32LittleEndian(bytes, at + 4);
    at += riffOverhead + length + (length % 2);
  }
  return Infinity;
}

/** flags 4 | width - 1 in 3 | height - 1 in 3 */
function extendedSize(bytes: Uint8Array): ImageSize {
  return { width: uint24LittleEndian(bytes, content + 4) + 1, height: uint24LittleEndian(bytes, content + 7) + 1 };
}

/** frame tag 3, its lowest bit 0 in a key frame | 9d 01 2a | width 14 bits, scale 2 | height 14 bits, scale 2 */
function lossySize(bytes: Uint8Array): ImageSize | null {
  const isKeyFrame = ((bytes[content] as number) & 1) === 0;
  if (!isKeyFrame || textAt(bytes, content + 3, 3) !== '\x9d\x01\x2a') return null;
  return {
    width: uint16LittleEndian(bytes, content + 6) & 0x3fff,
    height: uint16LittleEndian(bytes, content + 8) & 0x3fff,
  };
}

/** 2f | width - 1 in 14 bits, height - 1 in 14 bits, from the lowest bit on */
function losslessSize(bytes: Uint8Array): ImageSize | null {
  if (bytes[content] !== 0x2f) return null;
  const low = uint24LittleEndian(bytes, content + 1);
  const high = bytes[content + 4] as number;
  return { width: (low & 0x3fff) + 1, height: ((low >> 14) | ((high & 0x0f) << 10)) + 1 };
}
