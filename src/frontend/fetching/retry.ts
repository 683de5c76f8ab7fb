import type { FrontendOptions } from '../config.js';
import { isTransient } from './errors.js';
import { pause } from './pause.js';

/**
 * Does something again that failed for a reason of the moment, after a pause that doubles every time. What failed
 * together shares a pause, so that it goes out together again; the jitter keeps apart the pages that an outage hit.
 */
export function createRetry({ fetchRetries, random }: Pick<FrontendOptions, 'fetchRetries' | 'random'>) {
  const firstPause = 400;
  // By how often it failed before.
  const pauses: (Promise<unknown> | undefined)[] = [];

  return async <Result>(signal: AbortSignal | undefined, attempt: () => Promise<Result>): Promise<Result> => {
    for (let failures = 0; ; failures += 1) {
      signal?.throwIfAborted();
      try {
        return await attempt();
      } catch (error) {
        if (failures >= fetchRetries || !isTransient(error)) throw error;
      }
      pauses[failures] ??= pause(firstPause * 2 ** failures * (0.5 + random())).then(() => {
        pauses[failures] = undefined;
      });
      await pauses[failures];
    }
  };
}
