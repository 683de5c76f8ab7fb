import { nameAt, uint16, uint32 } from './bytes.js';

// Files of boxes, as MPEG-4 has them (ISO 14496-12): length 4, of all of the box | type 4 | content. A length of 1 says
// that it stands in 8 bytes behind the type, one of 0 that the box goes on to the end of the file.
export const boxHeader = 8;
const longBoxHeader = 16;

export interface Box {
  type: string;
  at: number;
  content: number;
  end: number;
}

/** Real files have a dozen of them in one place, or some hundred items. */
const mostBoxes = 2_000;

export function measureBox(bytes: Uint8Array, at: number): { header: number; length: number } {
  const short = uint32(bytes, at);
  if (short === 0) return { header: boxHeader, length: bytes.length - at };
  if (short !== 1) return { header: boxHeader, length: short };
  return { header: longBoxHeader, length: uint64(bytes, at + 8) };
}

/** The boxes that fill a place; null when they do not. */
export function boxesIn(bytes: Uint8Array, from: number, end: number): Box[] | null {
  const boxes: Box[] = [];
  let at = from;
  while (at < end) {
    const { header, length } = measureBox(bytes, at);
    const box = { type: nameAt(bytes, at + 4), at, content: at + header, end: at + length };
    if (length < header || box.end > end || boxes.length === mostBoxes) return null;
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

/** What is inside a box, behind so many bytes of its own; null when that is broken, or there is no box. */
export function childrenOf(bytes: Uint8Array, box: Box | undefined, skipped = 0): Box[] | null {
  return box ? boxesIn(bytes, box.content + skipped, box.end) : null;
}

/** Numbers of a width that is told elsewhere, one after the other. */
export function numbersFrom(bytes: Uint8Array, from: number) {
  let at = from;
  return {
    /** @param width - bytes: 0, 1, 2, 4 or 8 */
    next(width: number): number {
      const value = width === 8 ? uint64(bytes, at) : widths[width]?.(bytes, at);
      at += width;
      return value ?? 0;
    },
    at: () => at,
  };
}

const widths: Readonly<Record<number, (bytes: Uint8Array, at: number) => number>> = {
  1: (bytes, at) => bytes[at] ?? 0,
  2: uint16,
  4: uint32,
};

/** Exact up to 2^53; what is above it is outside of every file. */
function uint64(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) * 2 ** 32 + uint32(bytes, at + 4);
}
