import { setTimeout as sleep } from 'node:timers/promises';
import type { Rate } from './options.js';

export interface PaceOptions {
  /** Undefined is as fast as it goes. */
  rate: Rate | undefined;
  signal: AbortSignal | undefined;
  /** In ms, from any moment on. */
  now?(): number;
  /** Waits so many ms. */
  wait?(milliseconds: number): Promise<unknown>;
}

// What was not used stays good for so long, in ms: a pause is not made up for by a rush.
const longestCredit = 100;

/** Has whoever reads much wait, so that others get their share of disk and processor. */
export type Pace = ReturnType<typeof createPace>;

export function createPace({ rate, signal, now = () => performance.now(), wait }: PaceOptions) {
  const pause = wait ?? ((milliseconds: number) => sleep(milliseconds, undefined, signal ? { signal } : {}));
  /** When all that was taken will have been paid for. */
  let paid = now() - longestCredit;

  /** Resolves when an image of so many bytes may be read. @throws what the signal aborts with */
  return async function take(bytes: number): Promise<void> {
    signal?.throwIfAborted();
    if (rate === undefined) return;
    const from = Math.max(paid, now() - longestCredit);
    paid = from + 1_000 * ('images' in rate ? 1 / rate.images : bytes / rate.bytes);
    const ahead = from - now();
    if (ahead > 0) await pause(ahead).catch((error) => throwReason(error, signal));
  };
}

function throwReason(error: unknown, signal: AbortSignal | undefined): never {
  signal?.throwIfAborted();
  throw error;
}
