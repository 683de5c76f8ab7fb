import { orientationOf } from '../headers/exif.js';

/**
 * EXIF with nothing but an orientation: a TIFF header, big-endian, and a directory of one entry (tag 0112, a short).
 * Null for a picture that is not turned, which needs none.
 */
export function orientationAlone(exif: Uint8Array | null): Uint8Array | null {
  const orientation = exif ? orientationOf(exif) : 1;
  if (orientation === 1) return null;
  return Uint8Array.of(
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8], // "MM", 42, where the directory is
    ...[0, 1], // one entry
    ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0], // no further directory
  );
}
