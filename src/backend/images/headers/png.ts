import { crc32 } from 'node:zlib';
import { type ImageSize, textAt, uint32 } from './bytes.js';
import { upright } from './exif.js';

// signature 8 | length 4 | "IHDR" | width 4 | height 4 | depth, colour and methods 5 | checksum 4
const headerLength = 33;

// length 4 | name 4 | content | checksum 4
const chunkOverhead = 12;
const pixelData = 0x49_44_41_54; // "IDAT"
const exifData = 0x65_58_49_66; // "eXIf"
const imageEnd = 0x49_45_4e_44; // "IEND"
const animation = 0x61_63_54_4c; // "acTL"
const frame = 0x66_63_54_4c; // "fcTL"

// Real files have some dozens of chunks in front of their pixels, and EXIF of some KiB. Pixels come in chunks of 8 KiB or
// more, which are 6,400 in 50 MiB.
const mostChunks = 1_000;
const mostExif = 256 * 1024;
const mostChunksOfAll = 200_000;

/** The size of a PNG as it stands upright; null when its header, which must be the first chunk, is cut off or broken. */
export function pngSize(bytes: Uint8Array): ImageSize | null {
  if (bytes.length < headerLength || uint32(bytes, 8) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') return null;
  return upright({ width: uint32(bytes, 16), height: uint32(bytes, 20) }, findExif(bytes));
}

/** What a PNG lacks that would make it a whole picture, or null. Whatever stands behind its end does not count. */
export function pngLack(bytes: Uint8Array): string | null {
  let hasPixels = false;
  let at = headerLength;
  for (let count = 0; count < mostChunksOfAll; count += 1) {
    if (at > bytes.length) return 'its last chunk is cut off';
    if (at + 8 > bytes.length) return 'the chunk of its end (IEND) is missing';
    const name = uint32(bytes, at + 4);
    if (name === imageEnd) return hasPixels ? null : 'there are no pixels (IDAT) in front of its end';
    hasPixels ||= name === pixelData;
    at += chunkOverhead + uint32(bytes, at);
  }
  return null; // it may be further on
}

/**
 * How many frames it has, or says that it has; 1 for a picture that does not move. An animation is announced in front of
 * the pixels, or it is none.
 */
export function pngFrames(bytes: Uint8Array, most: number): number {
  let claimed = 0;
  let frames = 0;
  let at = headerLength;
  for (let count = 0; count < mostChunksOfAll; count += 1) {
    const name = uint32(bytes, at + 4);
    if (name === animation) claimed = uint32(bytes, at + 8);
    if (name === frame) frames += 1;
    const isStill = name === pixelData && claimed === 0;
    if (isStill || name === imageEnd || at > bytes.length || frames > most)
      return isStill ? 1 : Math.max(1, claimed, frames);
    at += chunkOverhead + uint32(bytes, at);
  }
  return claimed > 0 ? Infinity : 1;
}

/**
 * The EXIF that browsers believe: that in front of the pixels, as they lay a picture out before they have seen its end.
 * Of several the first counts. Chromium and Firefox turn a PNG by it, WebKitGTK does not.
 */
function findExif(bytes: Uint8Array): Uint8Array | null {
  let at = headerLength;
  for (let count = 0; count < mostChunks && at < bytes.length; count += 1) {
    const length = uint32(bytes, at);
    const name = uint32(bytes, at + 4);
    if (name === pixelData) return null;
    if (name === exifData) return isWhole(bytes, at, length) ? bytes.subarray(at + 8, at + 8 + length) : null;
    at += chunkOverhead + length;
  }
  return null;
}

/** Browsers pass over EXIF whose checksum is wrong, which that of a chunk without an end is too. */
function isWhole(bytes: Uint8Array, at: number, length: number): boolean {
  const checksumAt = at + 8 + length;
  return length <= mostExif && crc32(bytes.subarray(at + 4, checksumAt)) === uint32(bytes, checksumAt);
}
