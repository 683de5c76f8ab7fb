import { bytesInStep, type Steps } from './stripping.js';

// Behind one ff there may be many. Where there are few, a search is a hundred times as fast as a loop.
const closeBy = 8;

/** Where the data of a scan end: at the marker behind them. Null when there is none. */
export function* scanEnd(bytes: Uint8Array, from: number): Steps<number | null> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = from;
  for (let stepEnd = from + bytesInStep; at < bytes.length; stepEnd += bytesInStep) {
    if (at > from) yield;
    const end = Math.min(stepEnd, bytes.length);
    while (at < end) {
      const found = buffer.indexOf(0xff, at);
      if (found < 0) return null;
      const near = Math.min(found + closeBy, bytes.length);
      for (at = found; at < near; at += 1) {
        if (bytes[at] === 0xff && isMarker(bytes[at + 1])) return at;
      }
    }
  }
  return null;
}

/** What may stand behind an ff in a scan and is no marker: a zero, a restart, one more ff, or nothing. */
function isMarker(byte: number | undefined): boolean {
  return byte !== undefined && byte !== 0x00 && byte !== 0xff && (byte < 0xd0 || byte > 0xd7);
}
