import { textAt, uint16, uint16LittleEndian, uint32, uint32LittleEndian } from '../headers/bytes.js';
import { type Segment, segment } from './jpeg-segments.js';

// CIPA DC-007, the list of the pictures that one file has: "MPF", a zero | a TIFF header 8 | a directory, whose entry
// B002 has 16 bytes for each picture: attributes 4 | length 4 | where it is, from the TIFF header on, 4 | others 4
const name = Buffer.from('MPF\0', 'latin1');
const nameLength = 4;
const listTag = 0xb002;
const mostEntries = 8; // cameras list three or four
const entryLength = 16;

const app2 = 0xe2;
const segmentHead = 4;

/** Where further pictures are, as a segment says; none for another segment. Places may be anywhere, or nowhere. */
export function placesIn(source: Uint8Array, { content, end }: Segment): number[] {
  if (textAt(source, content, nameLength) !== name.toString('latin1')) return [];
  const base = content + nameLength;
  const isLittle = textAt(source, base, 2) === 'II';
  const short = isLittle ? uint16LittleEndian : uint16;
  const long = isLittle ? uint32LittleEndian : uint32;
  const directory = base + long(source, base + 4);
  for (let index = 0; index < Math.min(short(source, directory), mostEntries); index += 1) {
    const at = directory + 2 + 12 * index;
    if (at + 12 > end || short(source, at) !== listTag) continue;
    const count = Math.min(Math.floor(long(source, at + 4) / entryLength), mostEntries);
    const list = base + long(source, at + 8);
    const offsets = Array.from({ length: count }, (_, entry) => long(source, list + entryLength * entry + 8));
    return offsets.filter((offset) => offset > 0).map((offset) => base + offset); // the first one is this file's own
  }
  return [];
}

/** The length of the segment that `multiPicture` writes. */
export const multiPictureLength = 90;

/** A list of two pictures, in bytes from the segment on: the first ends where the second begins. */
export function multiPicture(at: { segment: number; second: number; end: number }): Uint8Array {
  const list = Buffer.alloc(multiPictureLength - segmentHead - nameLength);
  list.write('MM\0*\0\0\0\x08', 'latin1');
  list.writeUInt16BE(3, 8);
  list.set([0xb0, 0x00, 0, 7, 0, 0, 0, 4, 0x30, 0x31, 0x30, 0x30], 10); // version "0100"
  list.set([0xb0, 0x01, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2], 22); // two pictures
  list.set([0xb0, 0x02, 0, 7, 0, 0, 0, 32, 0, 0, 0, 50], 34); // their list
  list.set([0x00, 0x03, 0x00, 0x00], 50); // the first is the one to be shown
  list.writeUInt32BE(at.second, 54);
  list.writeUInt32BE(at.end - at.second, 70);
  list.writeUInt32BE(at.second - at.segment - segmentHead - nameLength, 74);
  return segment(app2, name, list);
}
