import type { MaybePromise } from '../../shared/maybe-promise.js';
import { type BatchEntry, frameHeader } from '../../shared/protocol/batch.js';
import type { OpenedPart } from '../../stores/port.js';
import type { Turn } from './hot-reads.js';
import type { Answer } from './image-answer.js';

// Answers that are being made ready while the one before them is on its way: enough to hide the wait for a disk or a
// network, and, when images are large, little to hold for a client that reads slowly.
const answersAhead = 4;
const bytesAhead = 1024 * 1024;

// Small pieces travel in blocks of this size; a larger piece travels as it is.
const blockLength = 64 * 1024;
const copiedUpTo = 16 * 1024;

/** The fields of an entry of a batch, whatever it is: nothing of it is trusted. */
export function readEntry(entry: unknown): { [Name in keyof BatchEntry]?: unknown } {
  return typeof entry === 'object' && entry !== null ? entry : {};
}

/**
 * The frames of a batch in the order of its entries, in pieces to be sent one after another. Frames that are ready never
 * wait for one that is not. Whoever stops early closes the iteration, and everything held for it is let go.
 *
 * @param answer - must not fail: an entry that cannot be answered is answered so
 * @param begunTogether - so many answers are begun in the same turn of the loop, for a store that looks up together what is
 * asked for together; what is large of them is read when its turn has come
 */
export async function* batchFrames(
  entries: readonly unknown[],
  answer: (entry: unknown, turn: Turn) => MaybePromise<Answer>,
  begunTogether = 1,
): AsyncGenerator<Uint8Array> {
  const turns = createTurns();
  const started: MaybePromise<Answer>[] = [];
  let startedCount = 0;
  let largest = 1;
  let reading: OpenedPart | undefined;
  const block = createBlock();
  try {
    for (let sent = 0; sent < entries.length; sent += 1) {
      const ahead = Math.min(answersAhead, Math.ceil(bytesAhead / largest));
      const isBegun = () => started.length >= ahead && startedCount % begunTogether === 0;
      for (; startedCount < entries.length && !isBegun(); startedCount += 1) {
        started.push(answer(entries[startedCount], turns.turnOf(startedCount)));
      }
      turns.come(sent + ahead);
      const next = started.shift() as MaybePromise<Answer>;
      if (next instanceof Promise && block.length > 0) yield block.take();
      const { length, pieces, rest } = next instanceof Promise ? await next : next;
      reading = rest;
      largest = Math.max(largest, length);
      for (const piece of [frameHeader(length), ...pieces]) {
        if (!block.hasRoomFor(piece)) yield block.take();
        if (piece.length <= copiedUpTo) block.add(piece);
        else yield piece;
      }
      if (rest) {
        yield block.take();
        yield* rest.chunks();
      }
    }
    if (block.length > 0) yield block.take();
  } finally {
    turns.end();
    await reading?.close();
    for (const left of started) await (await left).rest?.close();
  }
}

/** Turns that come in order. */
function createTurns() {
  let come = 0;
  let isOver = false;
  let waiting: { at: number; go(isWanted: boolean): void }[] = [];
  return {
    turnOf:
      (at: number): Turn =>
      () => {
        if (at < come || isOver) return !isOver;
        return new Promise((go) => waiting.push({ at, go }));
      },
    /** Those before this one may go on. */
    come(before: number): void {
      come = before;
      for (const { go } of waiting.filter(({ at }) => at < come)) go(true);
      waiting = waiting.filter(({ at }) => at >= come);
    },
    /** Nobody waits for what is left. */
    end(): void {
      isOver = true;
      for (const { go } of waiting) go(false);
    },
  };
}

/** Gathers small pieces, so that a frame of 5 KB does not cost a system call. */
function createBlock() {
  let bytes: Uint8Array | undefined;
  let length = 0;
  return {
    get length() {
      return length;
    },
    /** A piece too large to be copied has to go after what was gathered before it. */
    hasRoomFor: (piece: Uint8Array): boolean =>
      length === 0 || (piece.length <= copiedUpTo && length + piece.length <= blockLength),
    add(piece: Uint8Array): void {
      bytes ??= Buffer.allocUnsafeSlow(blockLength);
      bytes.set(piece, length);
      length += piece.length;
    },
    take(): Uint8Array {
      const taken = bytes?.subarray(0, length) ?? new Uint8Array();
      bytes = undefined;
      length = 0;
      return taken;
    },
  };
}
