import { isIPv6 } from 'node:net';

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

/**
 * May this client ask for so many images more?
 *
 * @throws what the limiter fails with
 */
export async function mayAsk(
  limiter: RateLimiter | undefined,
  client: string | undefined,
  images: number,
): Promise<boolean> {
  if (!limiter || client === undefined || images === 0) return true;
  try {
    await limiter.consume(client, images);
    return true;
  } catch (reason) {
    if (reason instanceof Error) throw reason;
    return false;
  }
}

/** What a client is counted by: its address, or of an IPv6 address the network, since whoever has one has 2^64. */
export function clientOf(address = ''): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const groups = (text = '') => (text === '' ? [] : text.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return `${all.slice(0, 4).join(':')}::/64`;
}
