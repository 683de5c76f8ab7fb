import { type ImageSize, uint16 } from './bytes.js';

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

// Real files have some dozens of segments, hundreds with large colour profiles; this takes less than a millisecond.
const mostSteps = 65_536;

/**
 * The size of a JPEG, from its start of frame; null when there is none before the picture begins, or the bytes end.
 *
 * Segments are walked by their length, so what they hold is never looked at. As decoders do, it passes over fill bytes
 * before a marker, and over stray bytes between segments. The order of segments is free.
 */
export function jpegSize(bytes: Uint8Array): ImageSize | null {
  let at = 2;
  for (let step = 0; step < mostSteps && at + 1 < bytes.length; step += 1) {
    const marker = bytes[at + 1] as number;
    if (bytes[at] !== 0xff || marker === 0x00 || marker === 0xff) {
      at += 1;
    } else if (standsAlone(marker)) {
      at += 2;
    } else if (isStartOfFrame(marker)) {
      return frameSize(bytes, at + 2);
    } else {
      const length = uint16(bytes, at + 2); // counts itself
      if (marker === startOfImage || marker === endOfImage || marker === startOfScan || length < 2) return null;
      at += 2 + length;
    }
  }
  return null;
}

/** TEM and the restart markers have no segment. */
function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

/** SOF0 to SOF15, of any coding; between them are DHT (C4), JPG (C8) and DAC (CC). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** length 2 | precision 1 | height 2 | width 2 | components 1 | 3 for each component */
function frameSize(bytes: Uint8Array, at: number): ImageSize | null {
  const length = uint16(bytes, at);
  const components = bytes[at + 7] ?? 0;
  if (components === 0 || length !== 8 + 3 * components || at + length > bytes.length) return null;
  return { height: uint16(bytes, at + 3), width: uint16(bytes, at + 5) };
}
