import { isIPv6 } from 'node:net';
import { performance } from 'node:perf_hooks';
import { types } from 'node:util';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { andThen, type MaybePromise, recover } from '../../shared/maybe-promise.js';
import { within } from '../within.js';

/**
 * Counts what clients ask for. A limiter of rate-limiter-flexible is one, whatever it keeps its counts in.
 *
 * @example
 * initPixstoreBackend({ rateLimit: { limiter: new RateLimiterMemory({ points: 2_000, duration: 60 }) } });
 */
export interface RateLimiter {
  /** Rejects when the client has asked for too much, with anything but an Error. */
  consume(client: string, points: number): Promise<unknown>;
}

/** What becomes of requests while the limiter fails: `closed` answers them `RateLimited`, `open` serves them. */
export type RateLimiterFailure = 'closed' | 'open';

export interface RateLimitSettings {
  limiter: RateLimiter;
  onError: RateLimiterFailure;
}

/** May this client ask for so many images more? Never fails. */
export type MayAsk = (client: string | undefined, images: number, patience: number) => MaybePromise<boolean>;

const quietFor = 10_000; // ms

/**
 * Asks the limiter of the application, and decides what to do when that fails. A store that is down fails every request;
 * the log hears of it every ten seconds.
 *
 * @param now - in ms
 */
export function createRateLimit(
  settings: RateLimitSettings | undefined,
  onError: (error: PixstoreError) => void,
  now: () => number = performance.now.bind(performance),
): MayAsk {
  if (!settings) return () => true;
  const { limiter, onError: failure } = settings;
  let toldAt = Number.NEGATIVE_INFINITY;

  function tell(reason: unknown): void {
    if (now() - toldAt < quietFor) return;
    toldAt = now();
    onError(limiterFailed(reason, failure));
  }

  return (client, images, patience) => {
    if (client === undefined || images === 0) return true;
    const late = () => new Error(`It did not answer within ${patience} ms.`);
    const refused = (reason: unknown) => {
      if (!isError(reason)) return false;
      tell(reason);
      return failure === 'open';
    };
    return recover(() => andThen(within(limiter.consume(client, images), patience, late), () => true), refused);
  };
}

/** Also of errors from other realms, such as those of a test runner. */
function isError(reason: unknown): boolean {
  return reason instanceof Error || types.isNativeError(reason);
}

/** Messages of drivers may name hosts, users and passwords; their names and codes do not. */
function limiterFailed(reason: unknown, failure: RateLimiterFailure): PixstoreError {
  const { name, code } = reason as NodeJS.ErrnoException;
  const kind = /^[A-Z][A-Z0-9_]*$/.test(String(code)) ? `${name}, ${code}` : name;
  const outcome = failure === 'open' ? 'everybody is served' : 'images are answered RateLimited';
  return new PixstoreError(
    'RATE_LIMITER_FAILED',
    `The limiter of rateLimit failed (${kind}). Until it counts again, ${outcome}, as rateLimit.onError says.`,
    { cause: reason },
  );
}

/** What a client is counted by: its address, or of an IPv6 address the network, since whoever has one has 2^64. */
export function clientOf(address = ''): string {
  if (!address.includes(':') || address.includes('.') || !isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const groups = (text = '') => (text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return `${all.slice(0, 4).join(':')}::/64`;
}
