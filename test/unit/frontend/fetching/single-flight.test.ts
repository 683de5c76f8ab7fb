import { expect, test, vi } from 'vitest';
import { createSingleFlight } from '../../../../src/frontend/fetching/single-flight.js';

test('calls for the same thing at the same time share one piece of work', async () => {
  const share = createSingleFlight<object>();
  const work = vi.fn(async () => ({}));
  const [first, second, other] = await Promise.all([share('a', work), share('a', work), share('b', work)]);
  expect(first).toBe(second);
  expect(other).not.toBe(first);
  expect(work).toHaveBeenCalledTimes(2);
});

test('they share a failure too, and the next call starts anew', async () => {
  const share = createSingleFlight<number>();
  const fail = vi.fn(async () => Promise.reject(new Error('no')));
  const outcomes = await Promise.allSettled([share('a', fail), share('a', fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(fail).toHaveBeenCalledTimes(1);
  expect(await share('a', async () => 1)).toBe(1);
});

test('a call after the work is done starts anew', async () => {
  const share = createSingleFlight<number>();
  expect(await share('a', async () => 1)).toBe(1);
  expect(await share('a', async () => 2)).toBe(2);
});
