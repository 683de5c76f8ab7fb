import { setImmediate as nextTurn } from 'node:timers/promises';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';

/**
 * The work of a stripper, in steps of about a millisecond: it yields where the thread that serves everybody may do
 * something else. What it returns is the source itself when there was nothing to remove.
 */
export type Stripping = Steps<Stripped>;

/** Work that may be left for a while wherever it yields. */
export type Steps<Result> = Generator<void, Result, void>;

export interface Stripped {
  bytes: Uint8Array;
  /** Runs of the picture's own data, which must be the same in source and result. */
  picture: readonly CopiedRun[];
}

export interface CopiedRun {
  /** Where it stands in the source. */
  from: number;
  /** Where it stands in the result. */
  at: number;
  length: number;
}

/** Segments and chunks that are looked at in one step. */
export const piecesInStep = 2_000;

/** Bytes that are looked at one by one, or copied, in one step. */
export const bytesInStep = 1024 * 1024;

/** Real files have some dozens, and in 50 MiB some 6,000; what has more is not worth the time. */
export const mostPieces = 100_000;

/**
 * Colour profiles have some KiB, those of printing presses up to 3 MiB. Larger ones are something else, and browsers use
 * none above 8 MiB.
 */
export const largestProfile = 4 * 1024 * 1024;

/** The first step is taken at once, each further one in a turn of the loop of its own. */
export async function inTurns<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await nextTurn();
  }
}

/** @param problem - a part of a sentence */
export function notStrippable(problem: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_NOT_STRIPPABLE',
    `The metadata of this picture cannot be removed with certainty: ${problem}. Save it anew with another program; or set stripMetadata to "best-effort", which keeps such pictures as they are.`,
  );
}
