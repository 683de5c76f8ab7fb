import { textAt } from '../headers/bytes.js';
import { isStartOfFrame } from '../headers/jpeg.js';

/** A segment: ff, marker, length 2 that counts itself, content. */
export interface Segment {
  marker: number;
  at: number;
  content: number;
  end: number;
}

const [huffman, arithmetic, lines, restarts, quantisation] = [0xc4, 0xcc, 0xdc, 0xdd, 0xdb];
const [app0, app2, app14, app15] = [0xe0, 0xe2, 0xee, 0xef];
const comment = 0xfe;

/** What decoders need of a segment's own kind, looked at so closely that text under another name is not kept. */
export function isTable(bytes: Uint8Array, { marker, content, end }: Segment): boolean {
  const length = end - content;
  if (marker === quantisation) return fills(content, end, (at) => quantisationLength(bytes, at));
  if (marker === huffman) return fills(content, end, (at) => huffmanLength(bytes, at));
  if (marker === arithmetic) return length > 0 && length % 2 === 0 && length <= 64;
  if (marker === restarts || marker === lines) return length === 2;
  return isStartOfFrame(marker) && length === 6 + 3 * (bytes[content + 5] ?? 0);
}

export function isScanHeader(bytes: Uint8Array, { content, end }: Segment): boolean {
  return end - content === 4 + 2 * (bytes[content] ?? 0);
}

/** What applications and people write. */
export function isOfApplications(marker: number): boolean {
  return (marker >= app0 && marker <= app15) || marker === comment;
}

/** Of JFIF and Adobe's segment, that which says how size and colours are meant, without the thumbnail. Null for others. */
export function keptOf(bytes: Uint8Array, { marker, content, end }: Segment): Uint8Array | null {
  const length = end - content;
  const beginsWith = (name: string) => textAt(bytes, content, Math.min(name.length, length)) === name;
  if (marker === app0 && length >= 14 && beginsWith('JFIF\0')) {
    // name 5 | version 2 | unit 1 | density 4 | width and height of a thumbnail, 2, and that
    return segment(app0, bytes.subarray(content, content + 12), [0, 0]);
  }
  if (marker === app14 && length >= 12 && beginsWith('Adobe')) {
    return segment(app14, bytes.subarray(content, content + 12)); // name 5 | version 2 | flags 4 | transform 1
  }
  return null;
}

/** A piece of a colour profile: name 12 | its number 1 | how many there are 1 | the piece */
export function isProfile(bytes: Uint8Array, { marker, content, end }: Segment): boolean {
  return marker === app2 && end - content > 14 && textAt(bytes, content, 12) === 'ICC_PROFILE\0';
}

/** A segment of these parts. */
export function segment(marker: number, ...parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 4));
  new DataView(bytes.buffer).setUint16(2, bytes.length - 2);
  bytes[0] = 0xff;
  bytes[1] = marker;
  let at = 4;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Are these tables, one behind the other, and nothing else? */
function fills(from: number, end: number, lengthAt: (at: number) => number): boolean {
  let at = from;
  while (at < end) at += lengthAt(at);
  return at === end && from < end;
}

/** precision 4 bits, name 4 bits | 64 numbers of 1 or 2 */
function quantisationLength(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0xff;
  return (head & 0x0f) > 3 || head > 0x1f ? Infinity : 1 + 64 * (1 + (head >> 4));
}

/** class 4 bits, name 4 bits | how many codes there are of each length, 16 | a byte for each */
function huffmanLength(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0xff;
  const codes = bytes.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
  return (head & 0x0f) > 3 || head > 0x1f || codes > 256 ? Infinity : 17 + codes;
}
