import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { Size } from './plan.js';

// A TIFF: which end of numbers comes first 2 | 42 | where the directory is 4. A directory: how many entries 2 | entries of
// tag 2, type 2, count 4, value 4 | where the next one is 4. A value that has no room there is elsewhere, and this says where.
const headerLength = 8;
const entryLength = 12;
const short = 3;
const long = 4;
const undefinedBytes = 7;

const tags = { reduced: 254, rowsPerStrip: 278, tileLength: 323, dng: 50706 };

/**
 * An uncompressed TIFF around pixels of red, green, blue and transparency, which carries their colour profile to sharp:
 * pixels alone cannot. `pixels` is the place where they are to be written.
 */
export function makeTiff({ width, height }: Size, profile?: Uint8Array): { file: Uint8Array; pixels: Uint8Array } {
  const length = width * height * 4;
  const directoryAt = headerLength + length + (length % 2);
  const entries: (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, 4, 0], // bits, below
    [259, short, 1, 1], // not compressed
    [262, short, 1, 2], // RGB
    [273, long, 1, headerLength],
    [277, short, 1, 4],
    [278, long, 1, height],
    [279, long, 1, length],
    [338, short, 1, 2], // transparency, not multiplied into the colours
    ...(profile ? [[34675, undefinedBytes, profile.length, 0] as const] : []),
  ];
  const bitsAt = directoryAt + 2 + entries.length * entryLength + 4;
  const profileAt = bitsAt + 8;
  const file = Buffer.alloc(profileAt + (profile?.length ?? 0));
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directoryAt, 4);
  file.writeUInt16LE(entries.length, directoryAt);
  entries.forEach(([tag, type, count, value], index) => {
    const at = directoryAt + 2 + index * entryLength;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    const elsewhere = tag === 258 ? bitsAt : profileAt;
    file.writeUInt32LE(count > 1 ? elsewhere : value, at + 8);
  });
  for (let channel = 0; channel < 4; channel += 1) file.writeUInt16LE(8, bitsAt + 2 * channel);
  if (profile) file.set(profile, profileAt);
  return { file, pixels: file.subarray(headerLength, headerLength + length) };
}

/**
 * Looks into the first directory of a TIFF. Raw files of cameras are TIFF as well, whose first picture is a small preview:
 * that must not take the place of the photo.
 *
 * @returns how many rows are decoded at once
 * @throws PixstoreError `IMAGE_FORMAT_REFUSED`
 */
export function inspectTiff(bytes: Uint8Array): number {
  let isRaw = bytes[8] === 0x43 && bytes[9] === 0x52; // "CR", of Canon
  let rows = Infinity;
  for (const { tag, value } of entriesOf(bytes)) {
    isRaw ||= tag === tags.dng || (tag === tags.reduced && (value & 1) === 1);
    if (tag === tags.rowsPerStrip || tag === tags.tileLength) rows = value;
  }
  if (!isRaw) return rows;
  throw new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    'The file is a raw photo of a camera, whose TIFF holds a small preview in front. Convert it with the program of the camera first.',
  );
}

/** Those whose value is one number. What is cut off is left to the decoder, which says what is wrong. */
function* entriesOf(bytes: Uint8Array): Generator<{ tag: number; value: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[0] === 0x49;
  if (view.byteLength < headerLength || view.getUint16(2, littleEndian) !== 42) return; // BigTIFF is of no camera
  const directoryAt = view.getUint32(4, littleEndian);
  if (directoryAt + 2 > view.byteLength) return;
  const count = view.getUint16(directoryAt, littleEndian);
  for (let index = 0; index < count; index += 1) {
    const at = directoryAt + 2 + index * entryLength;
    if (at + entryLength > view.byteLength) return;
    const isShort = view.getUint16(at + 2, littleEndian) === short;
    const value = isShort ? view.getUint16(at + 8, littleEndian) : view.getUint32(at + 8, littleEndian);
    yield { tag: view.getUint16(at, littleEndian), value };
  }
}
