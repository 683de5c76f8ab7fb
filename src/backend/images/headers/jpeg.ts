import { type ImageSize, uint16, uint32 } from './bytes.js';
import { upright } from './exif.js';

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const app1 = 0xe1;

// "Exif", a zero, and a byte that decoders do not look at
const exifName = 0x45_78_69_66;
const exifNameLength = 6;

// Real files have some dozens of segments, hundreds with large colour profiles; this takes less than a millisecond.
const mostSteps = 65_536;
// Behind the frame nothing but EXIF is still looked for, and few files have more than some tables there.
const mostStepsBehindFrame = 1_000;

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
  for (let steps = mostSteps; steps > 0 && at + 1 < bytes.length && !(size && exif); steps -= 1) {
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
        steps = Math.min(steps, mostStepsBehindFrame);
      } else if (marker === app1) {
        exif ??= exifOf(bytes, at + 4, end);
      }
      at = end;
    }
  }
  return size && upright(size, exif);
}

/**
 * XMP has segments of the same kind, and one that ends after the name is passed over. Nothing is made of a segment until
 * it is known to be EXIF: there may be very many.
 */
function exifOf(bytes: Uint8Array, at: number, end: number): Uint8Array | null {
  if (end <= at + exifNameLength || uint32(bytes, at) !== exifName || bytes[at + 4] !== 0) return null;
  return bytes.subarray(at + exifNameLength, end);
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
