import { setImmediate } from 'node:timers/promises';
import { broken } from './failures.js';

/** Bytes that are walked through in one turn of the loop: some ms, whatever they are. */
const slice = 2 ** 16;

/** Zeros at the end of a file that harm nobody: some programs fill it up. */
const mostFilling = 64 * 1024;

/** Lets everybody else have a turn after each slice. */
interface Pace {
  isOver(at: number): boolean;
  rest(at: number): Promise<void>;
}

/** Where a file of a format ends; Infinity when its end is missing. */
const ends: Readonly<Record<string, (bytes: Buffer, pace: Pace) => number | Promise<number>>> = {
  jpg: endOfJpegs,
  jpeg: endOfJpegs,
  png: endOfPng,
  webp: endOfWebp,
  gif: endOfGif,
  avif: endOfBoxes,
};

/**
 * Refuses a picture with something else behind it: a web page, a script, an archive. Behind a JPEG other JPEGs may stand:
 * phones put gain maps there.
 *
 * @throws PixstoreError `IMAGE_BROKEN`
 */
export async function requireNothingBehind(bytes: Uint8Array, format: string): Promise<void> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = (await ends[format]?.(view, createPace())) ?? view.length;
  if (end > view.length) throw broken('its end is missing');
  const isFilled = view.length - end <= mostFilling && view.subarray(end).every((byte) => byte === 0);
  if (!isFilled) throw broken(`something else stands behind its end, ${view.length - end} bytes`);
}

function createPace(): Pace {
  let next = slice;
  return {
    isOver: (at) => at > next,
    rest(at) {
      next = at + slice;
      return setImmediate();
    },
  };
}

async function endOfJpegs(bytes: Buffer, pace: Pace): Promise<number> {
  let at = 0;
  while (at + 3 <= bytes.length && bytes.readUIntBE(at, 3) === 0xffd8ff) {
    at = await endOfJpeg(bytes, at + 2, pace);
  }
  return at;
}

/** Walks through segments, and through the coded pixels between them. */
async function endOfJpeg(bytes: Buffer, start: number, pace: Pace): Promise<number> {
  let at = start;
  while (at + 1 < bytes.length) {
    if (pace.isOver(at)) await pace.rest(at);
    const marker = bytes[at + 1] as number;
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0 || isRestart(marker)) at += 1;
    else if (marker === 0xd9) return at + 2;
    else at += 2 + (at + 4 <= bytes.length ? bytes.readUInt16BE(at + 2) : 0);
  }
  return Infinity;
}

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** length 4 | name 4 | content | checksum 4; the last one is named IEND. */
async function endOfPng(bytes: Buffer, pace: Pace): Promise<number> {
  let at = 8;
  while (at + 12 <= bytes.length) {
    if (pace.isOver(at)) await pace.rest(at);
    const isLast = bytes.readUInt32BE(at + 4) === 0x49_45_4e_44; // "IEND"
    at += 12 + bytes.readUInt32BE(at);
    if (isLast) return at;
  }
  return Infinity;
}

/** "RIFF" | length of the rest 4 */
function endOfWebp(bytes: Buffer): number {
  if (bytes.length < 8) return Infinity;
  const length = bytes.readUInt32LE(4);
  return 8 + length + (length % 2);
}

/** length 4 | name 4 | content, up to the end of the file; a length of 1 says that it is in 8 bytes behind the name. */
async function endOfBoxes(bytes: Buffer, pace: Pace): Promise<number> {
  let at = 0;
  while (at + 8 <= bytes.length) {
    if (pace.isOver(at)) await pace.rest(at);
    const short = bytes.readUInt32BE(at);
    if (short === 0) return bytes.length;
    const length = short === 1 && at + 16 <= bytes.length ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (length < 8 || at + length > bytes.length) return at; // no box at all
    at += length;
  }
  return at;
}

/** A header, a table of colours, then blocks: extensions, frames, and one that says that this was the last. */
async function endOfGif(bytes: Buffer, pace: Pace): Promise<number> {
  let at = 13 + tableLength(bytes[10]);
  while (at < bytes.length) {
    if (pace.isOver(at)) await pace.rest(at);
    const kind = bytes[at];
    if (kind === 0x3b) return at + 1;
    if (kind === 0x2c) at = await endOfBlocks(bytes, at + 11 + tableLength(bytes[at + 9]), pace);
    else if (kind === 0x21) at = await endOfBlocks(bytes, at + 2, pace);
    else return at;
  }
  return Infinity;
}

const tableLength = (flags = 0) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** length 1 | content, until one has no length */
async function endOfBlocks(bytes: Buffer, start: number, pace: Pace): Promise<number> {
  let at = start;
  while (at < bytes.length && bytes[at] !== 0) {
    if (pace.isOver(at)) await pace.rest(at);
    at += 1 + (bytes[at] as number);
  }
  return at + 1;
}
