import { type ImageSize, uint16LittleEndian } from './bytes.js';

// "GIF87a" or "GIF89a" | width 2 | height 2 | flags 1 | others 2 | colours, if a flag says so; then blocks, of which
// pictures and extensions have their data in pieces: length 1 | data; and a piece of no length at the end
const headerLength = 13;
const pictureHead = 10;

const [pictureMark, extensionMark, endMark] = [0x2c, 0x21, 0x3b];

/** In 50 MiB there are 200,000 of the usual length; so many take some milliseconds. */
const mostSteps = 500_000;

export interface GifBlock {
  kind: 'picture' | 'extension' | 'end';
  /** What an extension is. */
  label: number;
  at: number;
  /** Where its pieces begin. */
  data: number;
  end: number;
}

/** Why there are no further blocks. */
export type GifStop = 'cut off' | 'unknown' | 'endless';

/**
 * The size of a GIF: of its screen, which Chromium makes as large as its first picture needs. Null when the header is cut
 * off.
 */
export function gifSize(bytes: Uint8Array): ImageSize | null {
  if (bytes.length < headerLength) return null;
  const [width, height] = [uint16LittleEndian(bytes, 6), uint16LittleEndian(bytes, 8)];
  const at = firstPicture(bytes);
  if (at === null) return { width, height };
  // mark 1 | left 2 | top 2 | width 2 | height 2
  return {
    width: Math.max(width, uint16LittleEndian(bytes, at + 1) + uint16LittleEndian(bytes, at + 5)),
    height: Math.max(height, uint16LittleEndian(bytes, at + 3) + uint16LittleEndian(bytes, at + 7)),
  };
}

function firstPicture(bytes: Uint8Array): number | null {
  for (const block of gifBlocks(bytes)) {
    if (typeof block !== 'string' && block.kind === 'picture') return block.at;
  }
  return null;
}

/** What a GIF lacks that would make it a whole picture, or null. */
export function gifLack(bytes: Uint8Array): string | null {
  let hasPicture = false;
  for (const block of gifBlocks(bytes)) {
    if (block === 'endless') return null;
    if (typeof block === 'string') return 'the mark of its end is missing';
    hasPicture ||= block.kind === 'picture';
  }
  return hasPicture ? null : 'there is no picture in front of its end';
}

/** Up to `most` and one more. */
export function gifFrames(bytes: Uint8Array, most: number): number {
  let frames = 0;
  for (const block of gifBlocks(bytes)) {
    if (block === 'endless') return Infinity;
    if (typeof block !== 'string' && block.kind === 'picture') frames += 1;
    if (frames > most) break;
  }
  return frames;
}

/** Where the blocks begin. */
export function gifBlocksAt(bytes: Uint8Array): number {
  return headerLength + colourLength(bytes[10] ?? 0);
}

/** One block after the other, up to its end; or why that is not reached. */
export function* gifBlocks(bytes: Uint8Array): Generator<GifBlock | GifStop, void, void> {
  let steps = mostSteps;
  let at = gifBlocksAt(bytes);
  for (;;) {
    const mark = bytes[at];
    if (mark === undefined) return yield 'cut off';
    if (mark === endMark) return yield { kind: 'end', label: 0, at, data: at, end: at + 1 };
    if (mark !== pictureMark && mark !== extensionMark) return yield 'unknown';
    // A picture has its own colours, and a byte on how its data are coded; an extension a label.
    const isPicture = mark === pictureMark;
    const data = isPicture ? at + pictureHead + colourLength(bytes[at + 9] ?? 0) + 1 : at + 2;
    let end = data;
    for (let length = bytes[end]; length !== 0; length = bytes[end]) {
      if (length === undefined) return yield 'cut off';
      steps -= 1;
      if (steps === 0) return yield 'endless';
      end += 1 + length;
    }
    end += 1;
    steps -= 1;
    if (steps <= 0) return yield 'endless';
    yield { kind: isPicture ? 'picture' : 'extension', label: bytes[at + 1] ?? 0, at, data, end };
    at = end;
  }
}

/** Three bytes each, when there are any. */
function colourLength(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
