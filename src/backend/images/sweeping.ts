import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageStore } from '../../stores/port.js';
import { readSignal } from '../read-signal.js';
import { type CheckProblem, describeProblem } from './check-problems.js';

/** What is removed. */
export interface SweepOptions {
  /** List what would be removed, and remove nothing. Default: false. */
  dryRun?: boolean;
  /** Also when there is more than a crash explains. Default: false. */
  all?: boolean;
  /** Stops it, between two files. */
  signal?: AbortSignal;
}

/** A file that no image needs; or why nothing is removed: `not-adopted`. */
export interface SweptPiece extends CheckProblem {
  removed: boolean;
}

/** @throws PixstoreError `CONFIG_INVALID` */
export function readSweepOptions(given: SweepOptions | undefined): SweepOptions {
  const { dryRun = false, all = false, signal } = readCallOptions(given ?? {}, ['dryRun', 'all', 'signal'], 'sweep');
  if (typeof dryRun !== 'boolean' || typeof all !== 'boolean') {
    throw new PixstoreError('CONFIG_INVALID', 'The options "dryRun" and "all" of sweep must be true or false.');
  }
  const stop = readSignal(signal, 'sweep');
  return { dryRun, all, ...(stop && { signal: stop }) };
}

/** @throws what the signal aborts with */
export async function* sweepStore(
  store: Pick<ImageStore, 'leftovers'>,
  { dryRun = false, all = false, signal }: SweepOptions,
): AsyncGenerator<SweptPiece, void, void> {
  signal?.throwIfAborted();
  for await (const found of store.leftovers(dryRun ? {} : { remove: true, all })) {
    yield { ...describeProblem(found), removed: !dryRun && found.kind === 'leftover' };
    signal?.throwIfAborted();
  }
}
