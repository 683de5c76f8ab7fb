import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCallOptions } from '../../shared/call-options.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** How much may be done in a second, so that what else uses the store hardly notices. Default: no limit. */
export interface Rate {
  images?: number;
  bytes?: number;
}

/** @param caller - who takes it, for the message @throws PixstoreError `CONFIG_INVALID` */
export function readRate(given: unknown, caller: string): Rate {
  if (given === undefined) return {};
  const rate = readCallOptions(given, ['images', 'bytes'], `${caller} ("rate")`);
  for (const [name, value] of Object.entries(rate)) {
    if (value === undefined || (typeof value === 'number' && value > 0)) continue;
    throw new PixstoreError(
      'CONFIG_INVALID',
      `The option "rate" of ${caller} must have a number above 0 as "${name}".`,
    );
  }
  return rate as Rate;
}

export interface ThrottleOptions {
  rate: Rate;
  signal?: AbortSignal | undefined;
  /** In ms, from anywhere. */
  clock?: () => number;
  wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

// What was not used of a second is not made up for later, but for this much: timers come late.
const catchUp = 100; // ms

/**
 * Holds work back to a rate: to be waited for after each piece of it.
 *
 * @throws what the signal aborts with
 * @example
 * const throttle = createThrottle({ rate: { bytes: 10_000_000 }, signal });
 * for (const bytes of pieces) await throttle(1, bytes.length);
 */
export function createThrottle({ rate, signal, clock = () => performance.now(), wait = waitFor }: ThrottleOptions) {
  const { images: mostImages = Number.POSITIVE_INFINITY, bytes: mostBytes = Number.POSITIVE_INFINITY } = rate;
  // Many wait side by side, for which Node would warn of a leak; whoever gave the signal is warned of his own listeners still.
  const ended = signal && AbortSignal.any([signal]);
  if (ended) setMaxListeners(Number.POSITIVE_INFINITY, ended);
  let due = clock();

  return async function throttle(images: number, bytes: number): Promise<void> {
    signal?.throwIfAborted();
    const now = clock();
    due = Math.max(due, now - catchUp) + 1000 * Math.max(images / mostImages, bytes / mostBytes);
    if (due - now >= 1) await wait(due - now, ended);
    signal?.throwIfAborted();
  };
}

async function waitFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch(() => {}); // the signal says what ended it
}

export type Throttle = ReturnType<typeof createThrottle>;
