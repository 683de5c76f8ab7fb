import { type Box, boxesIn, childrenOf, measureBox } from './boxes.js';
import { type ImageSize, textAt, uint32 } from './bytes.js';
import { readHeif, sizeIn } from './heif.js';

/** Chromium and Firefox show an animation by its tracks: boxes "trak" in "moov". */
const pathToSamples = ['mdia', 'minf', 'stbl', 'stsz'];

/**
 * The size of an AVIF as it stands upright, from the properties of its primary picture; of one that is nothing but an
 * animation, from its first track. Null when that is broken. Browsers turn an AVIF by its property "irot", and not by EXIF.
 */
export function avifSize(bytes: Uint8Array): ImageSize | null {
  const heif = readHeif(bytes, topBox(bytes, 'meta'));
  if (!heif) return trackSize(bytes);
  const properties = heif.propertiesOf(heif.primary);
  const size = properties.find(({ type }) => type === 'ispe');
  if (!size) return null;
  const { width, height } = sizeIn(bytes, size);
  const turn = properties.find(({ type }) => type === 'irot');
  const isTurned = turn !== undefined && ((bytes[turn.content] as number) & 1) === 1; // quarters
  return isTurned ? { width: height, height: width } : { width, height };
}

/** What an AVIF lacks that would make it a whole picture, or null. */
export function avifLack(bytes: Uint8Array): string | null {
  if (!boxesIn(bytes, 0, bytes.length)) return 'its last box is cut off';
  const heif = readHeif(bytes, topBox(bytes, 'meta'));
  const extents = heif?.items.get(heif.primary)?.extents ?? [];
  return extents.some(({ to }) => to > bytes.length) ? 'its picture is cut off' : null;
}

/** Of the longest track; 1 for a picture that is none. */
export function avifFrames(bytes: Uint8Array): number {
  const counts = tracksIn(bytes).map((track) => {
    let box: Box | undefined = track;
    for (const type of pathToSamples) box = childrenOf(bytes, box)?.find((child) => child.type === type);
    return box ? uint32(bytes, box.content + 8) : 1; // version and flags 4 | size of samples 4 | count 4
  });
  return Math.max(1, ...counts);
}

function trackSize(bytes: Uint8Array): ImageSize | null {
  const [track] = tracksIn(bytes);
  const header = childrenOf(bytes, track)?.find(({ type }) => type === 'tkhd');
  // The last 8 bytes are width and height, in parts of 65,536.
  return header ? { width: uint32(bytes, header.end - 8) >>> 16, height: uint32(bytes, header.end - 4) >>> 16 } : null;
}

function tracksIn(bytes: Uint8Array): Box[] {
  return childrenOf(bytes, topBox(bytes, 'moov'))?.filter(({ type }) => type === 'trak') ?? [];
}

/** Also of a file that is cut off behind it. */
function topBox(bytes: Uint8Array, type: string): Box | undefined {
  let at = 0;
  for (let count = 0; count < 100 && at + 8 <= bytes.length; count += 1) {
    const { header, length } = measureBox(bytes, at);
    const box = { type: textAt(bytes, at + 4, 4), at, content: at + header, end: at + length };
    if (length < header || box.end > bytes.length) return undefined;
    if (box.type === type) return box;
    at = box.end;
  }
  return undefined;
}
