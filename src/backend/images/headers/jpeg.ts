import { type ImageSize, textAt, uint16 } from './bytes.js';
import { upright } from './exif.js';

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const app1 = 0xe1;

// "Exif", a zero, and a byte that decoders do not look at
const exifName = 'Exif\0';
const exifNameLength = 6;

// Real files have some dozens of segments, hundreds with large colour profiles; this takes less than a millisecond.
const mostSteps = 65_536;

/**
 * The size of a JPEG as it stands upright, from its start of frame and its EXIF; null when there is no frame before the
 * picture begins, or the bytes end.
 *
 * Segments are walked by their length, so what others hold is never looked at. As decoders do, it passes over fill
 * bytes before a marker, and over stray bytes between segments. The order of segments is free: browsers believe EXIF
 * that stands behind the frame as well, as long as it is in front of the picture. Of several, the first counts.
 */
export function jpegSize(bytes: Uint8Array): ImageSize | null {
  let size: ImageSize | null = null;
  let exif: Uint8Array | null = null;
  let at = 2;
  for (let step = 0; step < mostSteps && at + 1 < bytes.length && !(size && exif); step += 1) {
    const marker = bytes[at + 1] as number;
    if (bytes[at] !== 0xff || marker === 0x00 || marker === 0xff) {
      at += 1;
    } else if (standsAlone(marker)) {
      at += 2;
    } else {
      const length = uint16(bytes, at + 2); // counts itself
      if (marker === startOfImage || marker === endOfImage || marker === startOfScan || length < 2) break;
      const end = at + 2 + length;
      if (isStartOfFrame(marker)) {
        size ??= frameSize(bytes, at + 2);
        if (!size) return null;
      } else if (marker === app1) {
        exif ??= exifOf(bytes.subarray(at + 4, end));
      }
      at = end;
    }
  }
  return size && upright(size, exif);
}

/** XMP has segments of the same kind, and one that ends after the name is passed over. */
function exifOf(segment: Uint8Array): Uint8Array | null {
  if (segment.length <= exifNameLength || textAt(segment, 0, exifName.length) !== exifName) return null;
  return segment.subarray(exifNameLength);
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
