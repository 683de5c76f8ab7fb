import type { Size } from './plan.js';

/** Where sizes are looked for: iPhones write them within the first 8 KiB. */
const headLength = 2 ** 20;

/**
 * The size of the largest picture in a HEIF, which is no smaller than the one that is decoded; the decoder is held to it.
 * Sizes stand in boxes: length 4 | "ispe" | version and flags 4 | width 4 | height 4.
 */
export function heicSize(bytes: Uint8Array): Size | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, headLength));
  let largest: Size | null = null;
  for (let at = head.indexOf('ispe'); at >= 0 && at + 16 <= head.length; at = head.indexOf('ispe', at + 4)) {
    const size = { width: head.readUInt32BE(at + 8), height: head.readUInt32BE(at + 12) };
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

/** Its colour profile: length 4 | "colr" | "prof" or "rICC" | profile. */
export function heicProfile(bytes: Uint8Array): Uint8Array | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, headLength));
  for (const kind of ['colrprof', 'colrrICC']) {
    const at = head.indexOf(kind);
    if (at < 4) continue;
    const end = at - 4 + head.readUInt32BE(at - 4);
    if (end > at + 8 && end <= head.length) return head.subarray(at + 8, end);
  }
  return undefined;
}
