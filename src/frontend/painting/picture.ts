/** A size in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A picture as it came: an image file. */
export interface EncodedPicture {
  /** Only read. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Its MIME type. */
  type: string;
}

/** Formats that are drawn on a canvas, where they stand still. */
const still: Record<string, (bytes: Uint8Array) => boolean> = {
  'image/jpeg': () => true,
  // A header of features, with the bit that says it moves.
  'image/webp': (bytes) => !(has(bytes, 12, 'VP8X') && (bytes[20] ?? 0) & 2),
  'image/png': (bytes) => !isAnimatedPng(bytes),
};

/** Whether one picture of it is all of it: what moves is for `<img>` alone. */
export function isStill({ bytes, type }: EncodedPicture): boolean {
  return still[type]?.(bytes) ?? false;
}

/** One that moves says so in a chunk before its first pixels. */
function isAnimatedPng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 8 <= bytes.length && !has(bytes, at + 4, 'IDAT'); at += 12 + view.getUint32(at)) {
    if (has(bytes, at + 4, 'acTL')) return true;
  }
  return false;
}

function has(bytes: Uint8Array, at: number, name: string): boolean {
  return [...name].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
}
