import { timeoutError } from './in-time.js';

type Timer = ReturnType<typeof setTimeout> | undefined;

/** Milliseconds without a byte after which the images behind the next one are asked for in another request. */
const stalledAfter = 2000;

/** However steadily its bytes drip: an image may take so many times `fetchTimeout`, from the first of them. */
const longestDrip = 20;
const longestTimer = 2 ** 31 - 1;

/**
 * How long one request may go on: as long as it gets somewhere.
 *
 * @param timeout - milliseconds without progress
 * @param onStall - told after a while without progress
 * @param onEnd - told when patience is at its end, with a `FETCH_TIMEOUT`
 */
export function createPatience(timeout: number, onStall: () => void, onEnd: (error: unknown) => void) {
  const longest = Math.min(longestDrip * timeout, longestTimer);
  let stall: Timer;
  let silence: Timer;
  let drip: Timer;

  return {
    /** It begins, or there is progress: bytes came, here or in a request that this one waits behind. */
    renew(): void {
      clearTimeout(stall);
      clearTimeout(silence);
      stall = setTimeout(onStall, stalledAfter);
      silence = setTimeout(() => onEnd(timeoutError(timeout)), timeout);
    },

    /**
     * Bytes of this request came.
     *
     * @param isWhole - with them an image is whole: the next has all the time to itself
     */
    dripped(isWhole: boolean): void {
      if (drip && !isWhole) return;
      clearTimeout(drip);
      drip = setTimeout(() => onEnd(timeoutError(longest)), longest);
    },

    stop(): void {
      for (const timer of [stall, silence, drip]) clearTimeout(timer);
    },
  };
}

export type Patience = ReturnType<typeof createPatience>;
