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

// Where the end is looked for: first in the last bytes, then in what comes behind the header, which takes a millisecond
// for a MiB.
const usualTail = 4_096;
const mostPixels = 16 * 1024 * 1024;

/** What stands in front of the first scan. */
interface JpegHeader {
  /** As the frame has it, before it is turned. */
  size: ImageSize;
  exif: Uint8Array | null;
  /** Where the header of the first scan ends; null when there is no scan, or what is in front of it is broken. */
  scanAt: number | null;
}

/**
 * The size of a JPEG as it stands upright, from its start of frame and its EXIF; null when there is no frame before the
 * picture begins, or the bytes end.
 */
export function jpegSize(bytes: Uint8Array): ImageSize | null {
  const header = readHeader(bytes);
  return header && upright(header.size, header.exif);
}

/**
 * What a JPEG lacks that would make it a whole picture, or null. The marker of the end cannot stand in a scan by chance,
 * where each ff is followed by a zero. It is looked for where it is in nearly all files, then from the scan on, for some
 * cameras put more pictures or a video behind it. The end of a thumbnail stands in front of the scan and does not count.
 */
export function jpegLack(bytes: Uint8Array): string | null {
  const scanAt = readHeader(bytes)?.scanAt ?? null;
  if (scanAt === null) return 'there is no picture (SOS) behind its header';
  const { length } = bytes;
  if (hasEnd(bytes, Math.max(scanAt + 1, length - usualTail), length)) return null;
  if (hasEnd(bytes, scanAt + 1, Math.min(scanAt + mostPixels, length))) return null;
  const isAllSeen = scanAt + mostPixels >= length;
  return isAllSeen ? 'the marker of its end (EOI) is missing' : null; // or it may be further on
}

/** A loop: `indexOf` takes seven times as long when there are many ff, or many d9 for `lastIndexOf`. */
function hasEnd(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at + 1 < to; at += 1) {
    if (bytes[at] === 0xff && bytes[at + 1] === endOfImage) return true;
  }
  return false;
}

/**
 * Segments are walked by their length, so what others hold is never looked at. As decoders do, it passes over fill
 * bytes before a marker, and over stray bytes between segments. The order of segments is free: browsers believe EXIF
 * that stands behind the frame as well, as long as it is in front of the picture. Of several, the first counts.
 */
function readHeader(bytes: Uint8Array): JpegHeader | null {
  let size: ImageSize | null = null;
  let exif: Uint8Array | null = null;
  let scanAt: number | null = null;
  let at = 2;
  for (let steps = mostSteps; steps > 0 && at + 1 < bytes.length; steps -= 1) {
    const marker = bytes[at + 1] as number;
    if (bytes[at] !== 0xff || marker === 0x00 || marker === 0xff) {
      at += 1;
    } else if (standsAlone(marker)) {
      at += 2;
    } else {
      const length = uint16(bytes, at + 2); // counts itself
      if (marker === startOfImage || marker === endOfImage || length < 2) break;
      const end = at + 2 + length;
      if (marker === startOfScan) {
        scanAt = end;
        break;
      }
      if (isStartOfFrame(marker)) {
        size ??= frameSize(bytes, at + 2);
        if (!size) return null;
      } else if (marker === app1) {
        exif ??= exifOf(bytes, at + 4, end);
      }
      at = end;
    }
  }
  return size && { size, exif, scanAt };
}

/**
 * XMP has segments of the same kind, and one that ends after the name is passed over. Nothing is made of a segment until
 * it is known to be EXIF: there may be very many.
 */
export function exifOf(bytes: Uint8Array, at: number, end: number): Uint8Array | null {
  if (end <= at + exifNameLength || uint32(bytes, at) !== exifName || bytes[at + 4] !== 0) return null;
  return bytes.subarray(at + exifNameLength, end);
}

/** TEM and the restart markers have no segment. */
export function standsAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

/** SOF0 to SOF15, of any coding; between them are DHT (C4), JPG (C8) and DAC (CC). */
export function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** length 2 | precision 1 | height 2 | width 2 | components 1 | 3 for each component */
function frameSize(bytes: Uint8Array, at: number): ImageSize | null {
  const length = uint16(bytes, at);
  const components = bytes[at + 7] ?? 0;
  if (components === 0 || length !== 8 + 3 * components || at + length > bytes.length) return null;
  return { height: uint16(bytes, at + 3), width: uint16(bytes, at + 5) };
}
