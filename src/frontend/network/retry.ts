import { FetchError, isTransient } from './errors.js';
import { pause } from './pause.js';

/** How often is tried again. */
export interface RetryOptions {
  /**
   * How often a fetch is repeated that failed for a reason of the moment: no answer, HTTP 408, 425, 429 or 5xx (but
   * 501), an answer that was cut off, too many requests. The first time after about 400 ms, then after twice as long;
   * later where `Retry-After` says so, and not at all where it says more than 30 s. Default 2.
   */
  fetchRetries: number;
  /** Numbers from 0 to 1 that spread repeated fetches. Default `Math.random`. */
  random: () => number;
}

/**
 * Does something again that failed for a reason of the moment, after a pause that doubles every time. What failed
 * together shares a pause, so that it goes out together again; the jitter keeps apart the pages that an outage hit.
 * Where the other side said how long it wants to be left alone, it is, and the pause comes afterwards.
 */
export function createRetry({ fetchRetries, random }: RetryOptions) {
  const firstPause = 400;
  // Who is told to come back later than this fails now: nobody looks at an empty picture for so long. Milliseconds.
  const longestWait = 30_000;
  // By how often it failed before.
  const pauses: (Promise<unknown> | undefined)[] = [];

  return async <Result>(signal: AbortSignal | undefined, attempt: () => Promise<Result>): Promise<Result> => {
    for (let failures = 0; ; failures += 1) {
      signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (failures >= fetchRetries || !isTransient(error)) throw error;
        const wait = (error instanceof FetchError && error.retryAfter) || 0;
        if (wait > longestWait) throw error;
        if (wait > 0) await pause(wait);
      }
      pauses[failures] ??= pause(firstPause * 2 ** failures * (0.5 + random())).then(() => {
        pauses[failures] = undefined;
      });
      await pauses[failures];
    }
  };
}
