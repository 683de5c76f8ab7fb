import { PixstoreError } from './errors/pixstore-error.js';

/**
 * Tokens and the windows of proofs are made of what the clock says. One that says NaN would make proofs that never end,
 * so it is not believed.
 *
 * @returns a clock that throws `CONFIG_INVALID` where the given one tells no time
 */
export function checkedClock(now: () => number): () => number {
  return () => {
    const time: unknown = now();
    if (typeof time === 'number' && time >= 0 && time <= Number.MAX_SAFE_INTEGER) return time;
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The option "now" must be a function that returns ms since 1970, as Date.now does; it returned ${typeof time === 'number' ? time : `a ${typeof time}`}.`,
    );
  };
}
