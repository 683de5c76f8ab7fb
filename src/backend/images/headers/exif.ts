import { type ImageSize, textAt, uint16, uint16LittleEndian, uint32, uint32LittleEndian } from './bytes.js';

// Byte order 2 | 42 in 2 | where the first directory is 4; there its count of entries 2 | the entries
const littleEndianMark = 'II*\0';
const bigEndianMark = 'MM\0*';

// Tag 2 | type 2 | count 4 | value, here in the first two bytes of 4
const entryLength = 12;
const orientationTag = 0x0112;
const shortType = 3;

// Real directories have some dozens of entries.
const mostEntries = 1_000;

/**
 * The size of a picture once it is turned as its EXIF says, in which browsers lay it out. EXIF that is missing, broken
 * or hostile turns nothing.
 *
 * Nothing but the orientation is read. Chromium and Firefox also show a JPEG smaller or larger when its EXIF has a
 * resolution and a size that go together. Such files are rare, WebKit does not do it, and the shape of the picture is the
 * same, unless it has one resolution across and another one down.
 */
export function upright(size: ImageSize, exif: Uint8Array | null): ImageSize {
  const isTurned = exif !== null && orientationOf(exif) >= 5; // 5 to 8: by a quarter, mirrored or not
  return isTurned ? { width: size.height, height: size.width } : size;
}

/**
 * 1 to 8; 1 when nothing else is said. Only the first directory is looked at, so that there is no chain to follow, and
 * in it whatever entries are whole, however many it claims. As in Chromium, the first entry that makes sense is believed.
 */
export function orientationOf(exif: Uint8Array): number {
  const mark = textAt(exif, 0, 4);
  if (mark !== littleEndianMark && mark !== bigEndianMark) return 1;
  const isLittle = mark === littleEndianMark;
  const short = isLittle ? uint16LittleEndian : uint16;
  const long = isLittle ? uint32LittleEndian : uint32;

  const directory = long(exif, 4);
  const firstEntry = directory + 2;
  const wholeEntries = Math.floor((exif.length - firstEntry) / entryLength);
  const count = Math.min(short(exif, directory), wholeEntries, mostEntries);
  for (let index = 0; index < count; index += 1) {
    const at = firstEntry + index * entryLength;
    if (short(exif, at) !== orientationTag || short(exif, at + 2) !== shortType || long(exif, at + 4) !== 1) continue;
    const value = short(exif, at + 8);
    if (value >= 1 && value <= 8) return value;
  }
  return 1;
}
