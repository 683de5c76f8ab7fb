import type { FrontendOptions } from '../config.js';
import { isTransient, TransientError } from './errors.js';
import { pause } from './pause.js';

/**
 * Does something again that failed for a reason of the moment, after a pause that doubles every time. What failed
 * together shares a pause, so that it goes out together again; the jitter keeps apart the pages that an outage hit.
 * Where the other side said how long it wants to be left alone, it is, and the pause comes afterwards.
 */
export function createRetry({ fetchRetries, random }: Pick<FrontendOptions, 'fetchRetries' | 'random'>) {
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
        const wait = error instanceof TransientError ? error.retryAfter : 0;
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
