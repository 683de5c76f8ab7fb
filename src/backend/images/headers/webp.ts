import { type ImageSize, textAt, uint16LittleEndian, uint24LittleEndian } from './bytes.js';

// "RIFF" | size 4 | "WEBP" | name of the first chunk 4 | its length 4 | and of its content what is read here
const headerLength = 30;
const content = 20;

/**
 * The size of a WebP, which its first chunk has, whichever of the three kinds it is; null when it is broken.
 *
 * EXIF is not looked for: neither Chromium nor Firefox nor WebKitGTK turns a WebP by it, wherever it stands.
 */
export function webpSize(bytes: Uint8Array): ImageSize | null {
  if (bytes.length < headerLength) return null;
  switch (textAt(bytes, 12, 4)) {
    case 'VP8 ':
      return lossySize(bytes);
    case 'VP8L':
      return losslessSize(bytes);
    case 'VP8X':
      return { width: uint24LittleEndian(bytes, content + 4) + 1, height: uint24LittleEndian(bytes, content + 7) + 1 };
    default:
      return null;
  }
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
