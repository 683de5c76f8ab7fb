import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FetchError } from '../../../../src/frontend/network/errors.js';
import { createRetry } from '../../../../src/frontend/network/retry.js';
import { PixstoreError } from '../../../../src/shared/errors/pixstore-error.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();
const passing = () => new FetchError('FETCH_FAILED', 'No answer.');

test('it tries again after pauses that double, until it is tired', async () => {
  const retry = createRetry({ fetchRetries: 2, random: () => 0.5 });
  const attempt = vi.fn(() => Promise.reject(passing()));
  const outcome = retry(signal, attempt).catch((error: unknown) => error);
  const attemptsAfter = async (milliseconds: number) => {
    await vi.advanceTimersByTimeAsync(milliseconds);
    return attempt.mock.calls.length;
  };
  expect(await attemptsAfter(399)).toBe(1);
  expect(await attemptsAfter(1)).toBe(2);
  expect(await attemptsAfter(799)).toBe(2);
  expect(await attemptsAfter(1)).toBe(3);
  expect(await outcome).toMatchObject({ code: 'FETCH_FAILED' });
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  [0, 200],
  [0.75, 500],
])('a random number of %d makes the first pause about %d ms', async (number, milliseconds) => {
  const retry = createRetry({ fetchRetries: 1, random: () => number });
  const attempt = vi.fn(() => Promise.reject(passing()));
  retry(signal, attempt).catch(() => {});
  await vi.advanceTimersByTimeAsync(milliseconds - 1);
  expect(attempt).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(attempt).toHaveBeenCalledTimes(2);
});

test('what failed together is tried again together', async () => {
  let number = 0;
  const retry = createRetry({ fetchRetries: 1, random: () => (number += 0.1) });
  const times: number[] = [];
  for (let at = 0; at < 5; at += 1) {
    let failed = false;
    void retry(signal, async () => {
      if (failed) times.push(Date.now());
      else {
        failed = true;
        throw passing();
      }
    });
    await vi.advanceTimersByTimeAsync(1);
  }
  await vi.runAllTimersAsync();
  expect(times).toHaveLength(5);
  expect(new Set(times).size).toBe(1);
});

test('too many requests is a failure of the moment; others are not tried again', async () => {
  const retry = createRetry({ fetchRetries: 2, random: Math.random });
  const attemptsAt = async (error: unknown) => {
    const attempt = vi.fn(() => Promise.reject(error));
    const outcome = retry(signal, attempt).catch((thrown: unknown) => thrown);
    await vi.runAllTimersAsync();
    expect(await outcome).toBe(error);
    return attempt.mock.calls.length;
  };
  expect(await attemptsAt(new PixstoreError('RATE_LIMITED', ''))).toBe(3);
  for (const code of ['FETCH_FAILED', 'FETCH_TIMEOUT', 'PROOF_INVALID', 'SERVER_FAILED'] as const) {
    expect(await attemptsAt(new PixstoreError(code, '')), code).toBe(1);
  }
  expect(await attemptsAt(new TypeError('bug'))).toBe(1);
});

test('who is told to come back later does not come sooner, nor with everybody else', async () => {
  const attempt = vi.fn(async () => {
    if (attempt.mock.calls.length > 1) return 'there';
    throw Object.assign(passing(), { retryAfter: 5000 });
  });
  const outcome = createRetry({ fetchRetries: 2, random: () => 0.5 })(signal, attempt);
  await vi.advanceTimersByTimeAsync(5399);
  expect(attempt).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toBe('there');
});

test('who is told to come back in more than 30 s fails now', async () => {
  const attempt = vi.fn(async () => {
    throw Object.assign(passing(), { retryAfter: 30_001 });
  });
  await expect(createRetry({ fetchRetries: 2, random: () => 0.5 })(signal, attempt)).rejects.toThrow();
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('0 retries are none', async () => {
  const attempt = vi.fn(() => Promise.reject(passing()));
  await expect(createRetry({ fetchRetries: 0, random: Math.random })(signal, attempt)).rejects.toThrow();
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('what nobody waits for any more is not tried again', async () => {
  const abort = new AbortController();
  const attempt = vi.fn(() => Promise.reject(passing()));
  const outcome = createRetry({ fetchRetries: 2, random: Math.random })(abort.signal, attempt).catch(() => {});
  await vi.advanceTimersByTimeAsync(1);
  abort.abort();
  await vi.runAllTimersAsync();
  await outcome;
  expect(attempt).toHaveBeenCalledTimes(1);
});
