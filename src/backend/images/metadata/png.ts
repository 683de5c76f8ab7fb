import { crc32 } from 'node:zlib';
import { nameAt, uint32 } from '../headers/bytes.js';
import { createAssembly } from './assembly.js';
import { orientationAlone } from './orientation.js';
import {
  bytesInStep,
  largestProfile,
  mostPieces,
  notStrippable,
  piecesInStep,
  type Steps,
  type Stripping,
} from './stripping.js';

const signatureLength = 8;
const chunkOverhead = 12; // length 4 | name 4 | content | checksum 4

/** Bytes whose checksums are looked at in one step. */
const checkedInStep = 2 * bytesInStep;

type IsGood = (length: number, colourType?: number) => boolean;

/** What a picture cannot do without: with any other length it is no picture. */
const needed: Readonly<Record<string, IsGood>> = {
  IHDR: (length) => length === 13,
  PLTE: (length) => length <= 768 && length % 3 === 0,
  acTL: (length) => length === 8,
  fcTL: (length) => length === 26,
  IEND: (length) => length === 0,
};

/** Its own data. */
const pixels = ['IDAT', 'fdAT'];

/** What moves it; of a picture that announces no animation in front of its pixels, decoders look at none of it. */
const moving = ['acTL', 'fcTL', 'fdAT'];

/** Bytes of what is transparent, by the type of colour: grey, colour, palette. Others say it in their pixels. */
const transparency: Readonly<Record<number, IsGood>> = {
  0: (length) => length === 2,
  2: (length) => length === 6,
  3: (length) => length <= 256,
};

const colourTypeAt = 25; // signature 8 | length 4 | "IHDR" | width 4 | height 4 | depth 1

/** What says how its colours, its size and its transparency are meant. Decoders pass over one of another length. */
const describing: Readonly<Record<string, IsGood>> = {
  tRNS: (length, colourType) => transparency[colourType ?? -1]?.(length) ?? false,
  gAMA: (length) => length === 4,
  cHRM: (length) => length === 32,
  sRGB: (length) => length === 1,
  cICP: (length) => length === 4,
  mDCV: (length) => length === 24,
  cLLI: (length) => length === 8,
  sBIT: (length) => length <= 4,
  bKGD: (length) => length <= 6,
  pHYs: (length) => length === 9,
  iCCP: () => true,
};

interface Chunk {
  name: string;
  at: number;
  /** Of its content. */
  length: number;
  end: number;
}

/**
 * A PNG with the chunks of the lists above and none besides: no text, times, EXIF, thumbnails of editors or private
 * chunks, and nothing behind its end. The orientation of EXIF that browsers believe stays.
 *
 * Checksums are looked at: where one is wrong, a chunk may not be what its name says.
 *
 * @throws PixstoreError `IMAGE_NOT_STRIPPABLE`
 */
export function* stripPng(source: Uint8Array): Stripping {
  const result = createAssembly(source);
  result.keep(0, signatureLength);
  let previous: Chunk | null = null;
  let hasPixels = false;
  let hasExif = false;
  let isAnimated = false;
  let stepEnd = checkedInStep;
  for (let count = 1; count <= mostPieces; count += 1) {
    const chunk = chunkAt(source, previous?.end ?? signatureLength);
    if (count % piecesInStep === 0 || chunk.end > stepEnd) {
      yield;
      stepEnd = chunk.at + checkedInStep;
    }
    const { name, at, end } = chunk;
    if ((name === 'IHDR') !== (previous === null))
      throw notStrippable('its header is not its first chunk, or not alone');
    // What stood between them would be taken out, and decoders that stop there would see another picture.
    if (name === 'IDAT' && hasPixels && previous?.name !== 'IDAT') throw notStrippable('its pixels are interrupted');
    isAnimated ||= name === 'acTL' && !hasPixels;
    const isIdle = moving.includes(name) && !isAnimated;
    if (!isIdle && pixels.includes(name)) {
      yield* requireWhole(source, chunk);
      result.keepPicture(at, end);
    } else if (!isIdle && (needed[name] || describing[name]?.(chunk.length, source[colourTypeAt]))) {
      requireLength(chunk);
      yield* requireWhole(source, chunk);
      result.keep(at, end);
      if (name === 'IEND') return yield* result.join();
    } else if (name === 'eXIf' && !hasPixels && !hasExif) {
      hasExif = true; // the first one counts, broken or not
      const exif = (yield* isWhole(source, chunk)) ? orientationAlone(source.subarray(at + 8, end - 4)) : null;
      if (exif) result.add(chunkOf('eXIf', exif));
    } else if (!isAncillary(name)) {
      throw notStrippable('it has a chunk that every decoder must know, and none does');
    }
    hasPixels ||= name === 'IDAT';
    previous = chunk;
  }
  throw notStrippable(`it has more than ${mostPieces} chunks`);
}

function chunkAt(source: Uint8Array, at: number): Chunk {
  const length = uint32(source, at);
  const end = at + chunkOverhead + length;
  if (end > source.length) throw notStrippable('a chunk goes on behind its end');
  return { name: nameAt(source, at + 4), at, length, end };
}

function requireLength({ name, length }: Chunk): void {
  if (needed[name]?.(length) === false) throw notStrippable(`its chunk ${name} has an odd length`);
  if (length > largestProfile) throw notStrippable('its colour profile is too large for one');
}

function* requireWhole(source: Uint8Array, chunk: Chunk): Steps<void> {
  if (!(yield* isWhole(source, chunk))) throw notStrippable(`the checksum of its chunk ${chunk.name} is wrong`);
}

/** The case of its first letter says whether decoders may pass over a chunk. */
function isAncillary(name: string): boolean {
  return /^[a-z]/.test(name);
}

function* isWhole(bytes: Uint8Array, { at, end }: Chunk): Steps<boolean> {
  let checksum = 0;
  for (let from = at + 4; from < end - 4; from += checkedInStep) {
    if (from > at + 4) yield;
    checksum = crc32(bytes.subarray(from, Math.min(from + checkedInStep, end - 4)), checksum);
  }
  return checksum === uint32(bytes, end - 4);
}

function chunkOf(name: string, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(chunkOverhead + content.length);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(name, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
}
