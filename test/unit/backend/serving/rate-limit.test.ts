import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { clientOf, createRateLimit, type RateLimiterFailure } from '../../../../src/backend/serving/rate-limit.js';
import type { PixstoreError } from '../../../../src/shared/errors/pixstore-error.js';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, ''],
])('the client at %s is counted as %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});

const patience = 10_000;

function withLimiter(consume: () => unknown, onError: RateLimiterFailure = 'closed') {
  const clock = { now: 0 };
  const told: PixstoreError[] = [];
  const limiter = { consume: consume as () => Promise<unknown> };
  const mayAsk = createRateLimit(
    { limiter, onError },
    (error) => told.push(error),
    () => clock.now,
  );
  return { clock, told, mayAsk };
}

describe('a limiter', () => {
  test('that refuses is not one that fails', async () => {
    const { mayAsk, told } = withLimiter(async () => Promise.reject({ msBeforeNext: 1 }));
    expect(await mayAsk('a', 1, patience)).toBe(false);
    expect(told).toEqual([]);
  });

  const failures: [string, () => unknown][] = [
    ['rejects', async () => Promise.reject(new TypeError('no connection'))],
    [
      'throws',
      () => {
        throw new TypeError('no connection');
      },
    ],
    ['rejects with an error of another realm', async () => Promise.reject(runInNewContext('new TypeError("no")'))],
    ['is not there any more', () => (undefined as unknown as { consume(): void }).consume()],
  ];

  test.each(failures)('that %s lets nobody in, or everybody, as it was told', async (_, consume) => {
    expect(await withLimiter(consume, 'closed').mayAsk('a', 1, patience)).toBe(false);
    expect(await withLimiter(consume, 'open').mayAsk('a', 1, patience)).toBe(true);
  });

  test('that does not answer has failed', async () => {
    const { mayAsk, told } = withLimiter(() => new Promise(() => {}));
    expect(await mayAsk('a', 1, 1)).toBe(false);
    expect(told.map(({ code }) => code)).toEqual(['RATE_LIMITER_FAILED']);
  });

  test('that fails is told of at once, and then every ten seconds, without what its driver says', async () => {
    const down = Object.assign(new Error('redis://user:password@host is down'), { code: 'ECONNREFUSED' });
    const { mayAsk, told, clock } = withLimiter(async () => Promise.reject(down));
    for (const now of [0, 1, 9_999, 10_000, 15_000]) {
      clock.now = now;
      await mayAsk('a', 1, patience);
    }
    expect(told).toHaveLength(2);
    expect(told[0]?.message).toContain('(Error, ECONNREFUSED)');
    expect(told[0]?.message).not.toContain('password');
    expect(told[0]?.cause).toBe(down);
  });

  test('counts nobody without a name, and an empty batch costs nothing', async () => {
    const { mayAsk } = withLimiter(async () => Promise.reject({}));
    expect(await mayAsk(undefined, 5, patience)).toBe(true);
    expect(await mayAsk('a', 0, patience)).toBe(true);
  });

  test('there need not be one', () => {
    expect(createRateLimit(undefined, () => {})('a', 1, patience)).toBe(true);
  });
});
