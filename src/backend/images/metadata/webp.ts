import { nameAt, textAt, uint32LittleEndian } from '../headers/bytes.js';
import { type Assembly, copyOf, createAssembly } from './assembly.js';
import { orientationAlone } from './orientation.js';
import { largestProfile, mostPieces, notStrippable, piecesInStep, type Steps, type Stripping } from './stripping.js';

// "RIFF" | size of what follows 4 | "WEBP" | chunks: name 4 | length 4 | content | a byte more behind an odd length
const riffHeader = 12;
const chunkHeader = 8;

// Flags of VP8X.
const profileFlag = 0x20;
const exifFlag = 0x08;
const xmpFlag = 0x04;

/** Of a frame of an animation, in front of its own chunks. */
const frameHeader = 16;

const pictures = ['VP8 ', 'VP8L'];

/** What there is one of at most. */
const single = ['VP8X', 'ICCP', 'ANIM', 'ALPH', 'picture'];

interface Chunk {
  name: string;
  at: number;
  /** Of its content. */
  length: number;
  /** With the byte that makes the length even. */
  end: number;
}

/**
 * A WebP with header, colour profile, animation, pixels and their transparency, and no other chunk; nothing behind its
 * end. Browsers do not turn a WebP by its EXIF, other programs do: the orientation stays.
 *
 * @throws PixstoreError `IMAGE_NOT_STRIPPABLE`
 */
export function* stripWebp(source: Uint8Array): Stripping {
  const chunks = yield* chunksIn(source, riffHeader, 8 + uint32LittleEndian(source, 4));
  const result = createAssembly(source);
  const riff = result.add(source.subarray(0, riffHeader));
  const isExtended = chunks[0]?.name === 'VP8X';
  if (isExtended) {
    requireSingle(chunks);
    yield* keepExtended(source, chunks, result);
  } else {
    keepPicture(source, chunks[0], result); // decoders look no further
  }
  riff.bytes = riffOf(result.offsetOf());
  return yield* result.join();
}

function* keepExtended(source: Uint8Array, chunks: readonly Chunk[], result: Assembly): Steps<void> {
  const exif = chunks.find(({ name }) => name === 'EXIF');
  const turn = exif ? orientationAlone(tiffIn(contentOf(source, exif))) : null;
  for (const [index, chunk] of chunks.entries()) {
    if (index % piecesInStep === piecesInStep - 1) yield;
    const { name, at, length, end } = chunk;
    if (name === 'VP8X') {
      if (index > 0 || length !== 10) throw notStrippable('its header is not its first chunk, or has an odd length');
      const hasProfile = chunks.some((other) => other.name === 'ICCP');
      const flags = (hasProfile ? profileFlag : 0) | (turn ? exifFlag : 0);
      const header = copyOf(source, at, end);
      header[chunkHeader] = ((header[chunkHeader] as number) & ~(profileFlag | exifFlag | xmpFlag)) | flags;
      result.add(header);
    } else if (name === 'ICCP') {
      if (length > largestProfile) throw notStrippable('its colour profile is too large for one');
      result.keep(at, end);
    } else if (name === 'ANIM') {
      if (length !== 6) throw notStrippable('its animation has a header of an odd length');
      result.keep(at, end);
    } else if (name === 'ANMF') {
      yield* keepFrame(source, chunk, result);
    } else if (name === 'ALPH') {
      result.keepPicture(at, end);
    } else if (pictures.includes(name)) {
      keepPicture(source, chunk, result);
    } else if (chunk === exif && turn) {
      result.add(exifChunk(turn));
    }
  }
}

/** A frame of an animation is header and chunks, of which some may have to go as well. */
function* keepFrame(source: Uint8Array, { at, length, end }: Chunk, result: Assembly): Steps<void> {
  const content = at + chunkHeader;
  if (length < frameHeader) throw notStrippable('a frame has no header');
  const chunks = yield* chunksIn(source, content + frameHeader, content + length);
  requireSingle(chunks);
  const kept = chunks.filter(({ name }) => name === 'ALPH' || pictures.includes(name));
  if (!kept.some(({ name }) => pictures.includes(name))) throw notStrippable('a frame has no picture');
  if (kept.length === chunks.length && content + length === end) {
    for (const chunk of kept) requirePicture(source, chunk);
    result.keepPicture(at, end);
    return;
  }
  const header = copyOf(source, at, content);
  const keptLength = kept.reduce((sum, chunk) => sum + chunk.end - chunk.at, frameHeader);
  new DataView(header.buffer).setUint32(4, keptLength, true);
  result.add(header);
  result.keepPicture(content, content + frameHeader);
  for (const chunk of kept) {
    requirePicture(source, chunk);
    result.keepPicture(chunk.at, chunk.end);
  }
}

function keepPicture(source: Uint8Array, chunk: Chunk | undefined, result: Assembly): void {
  if (!chunk || !pictures.includes(chunk.name)) throw notStrippable('it has no picture where it should');
  requirePicture(source, chunk);
  result.keepPicture(chunk.at, chunk.end);
}

/** Text under the name of a picture is none. */
function requirePicture(source: Uint8Array, { name, at, length }: Chunk): void {
  const content = at + chunkHeader;
  const isPicture =
    name === 'ALPH' ||
    (name === 'VP8L' && length >= 5 && source[content] === 0x2f) ||
    (name === 'VP8 ' && length >= 10 && textAt(source, content + 3, 3) === '\x9d\x01\x2a');
  if (!isPicture) throw notStrippable('what it calls its picture is none');
}

function requireSingle(chunks: readonly Chunk[]): void {
  const names = chunks.map(({ name }) => (pictures.includes(name) ? 'picture' : name));
  for (const name of single) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw notStrippable(`it has a second ${name}`);
  }
}

function* chunksIn(source: Uint8Array, from: number, end: number): Steps<Chunk[]> {
  const chunks: Chunk[] = [];
  for (let at = from; at < end; at = (chunks.at(-1) as Chunk).end) {
    if (chunks.length === mostPieces) throw notStrippable(`it has more than ${mostPieces} chunks`);
    if (chunks.length % piecesInStep === piecesInStep - 1) yield;
    const length = at + chunkHeader > end ? Infinity : uint32LittleEndian(source, at + 4);
    if (at + chunkHeader + length > end) throw notStrippable('a chunk goes on behind its end');
    const even = at + chunkHeader + length + (length % 2);
    chunks.push({ name: nameAt(source, at), at, length, end: Math.min(even, source.length) });
  }
  return chunks;
}

function contentOf(source: Uint8Array, { at, length }: Chunk): Uint8Array {
  return source.subarray(at + chunkHeader, at + chunkHeader + length);
}

/** Some programs write EXIF with the name that it has in a JPEG. */
function tiffIn(exif: Uint8Array): Uint8Array {
  return textAt(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
}

function exifChunk(content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(chunkHeader + content.length);
  bytes.write('EXIF', 'latin1');
  bytes.writeUInt32LE(content.length, 4);
  bytes.set(content, chunkHeader);
  return bytes;
}

function riffOf(length: number): Uint8Array {
  const bytes = Buffer.from('RIFF    WEBP', 'latin1');
  bytes.writeUInt32LE(length - 8, 4);
  return bytes;
}
