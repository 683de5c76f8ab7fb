import { describe, expect, test, vi } from 'vitest';
import { createSingleFlight } from '../../../../src/frontend/loading/single-flight.js';
import type { FetchDemand } from '../../../../src/frontend/network/demand.js';

test('calls for the same thing at the same time share one piece of work', async () => {
  const share = createSingleFlight<object>();
  const work = vi.fn(async () => ({}));
  const [first, second, other] = await Promise.all([share('a', {}, work), share('a', {}, work), share('b', {}, work)]);
  expect(first).toBe(second);
  expect(other).not.toBe(first);
  expect(work).toHaveBeenCalledTimes(2);
});

test('they share a failure too, and the next call starts anew', async () => {
  const share = createSingleFlight<number>();
  const fail = vi.fn(async () => Promise.reject(new Error('no')));
  const outcomes = await Promise.allSettled([share('a', {}, fail), share('a', {}, fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(fail).toHaveBeenCalledTimes(1);
  expect(await share('a', {}, async () => 1)).toBe(1);
});

test('a call after the work is done starts anew', async () => {
  const share = createSingleFlight<number>();
  expect(await share('a', {}, async () => 1)).toBe(1);
  expect(await share('a', {}, async () => 2)).toBe(2);
});

describe('aborting', () => {
  /** Work that goes on until the test ends it. */
  function startWork() {
    const share = createSingleFlight<number>();
    const demands: FetchDemand[] = [];
    const ends: ((result: number) => void)[] = [];
    const work = (demand: FetchDemand) => {
      demands.push(demand);
      return new Promise<number>((resolve) => ends.push(resolve));
    };
    return { join: (signal?: AbortSignal) => share('a', { signal }, work), demands, ends };
  }

  test('one of two leaves the other alone', async () => {
    const { join, demands, ends } = startWork();
    const one = new AbortController();
    const left = join(one.signal);
    const stayed = join(new AbortController().signal);
    const reason = new Error('scrolled away');
    one.abort(reason);
    await expect(left).rejects.toBe(reason);
    expect(demands[0]?.signal?.aborted).toBe(false);
    ends[0]?.(1);
    expect(await stayed).toBe(1);
  });

  test('one of two leaves a call without a signal alone', async () => {
    const { join, demands, ends } = startWork();
    const stayed = join();
    const one = new AbortController();
    const left = join(one.signal);
    one.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });
    expect(demands[0]?.signal?.aborted).toBeFalsy();
    ends[0]?.(1);
    expect(await stayed).toBe(1);
  });

  test('the end of abandoned work does not hide what began in the same moment', async () => {
    const { join, demands, ends } = startWork();
    const one = new AbortController();
    const gone = join(one.signal).catch(() => {});
    one.abort();
    const next = join();
    await gone;
    await new Promise(setImmediate);
    const joined = join();
    expect(demands).toHaveLength(2);
    ends[1]?.(2);
    expect(await Promise.all([next, joined])).toEqual([2, 2]);
  });

  test('all of them ends the work, and the next call starts anew', async () => {
    const { join, demands, ends } = startWork();
    const [one, two] = [new AbortController(), new AbortController()];
    const gone = [join(one.signal), join(two.signal)].map((call) => call.catch(() => {}));
    one.abort();
    two.abort();
    await Promise.all(gone);
    expect(demands[0]?.signal?.aborted).toBe(true);
    const next = join();
    expect(demands).toHaveLength(2);
    ends[0]?.(1);
    await Promise.resolve();
    const joined = join();
    expect(demands, 'the end of abandoned work must not hide the work that is under way').toHaveLength(2);
    ends[1]?.(2);
    expect(await Promise.all([next, joined])).toEqual([2, 2]);
  });
});

test('when the time is over that it belongs to, work ends at once for everybody, also if it does not notice', async () => {
  const over = new AbortController();
  const share = createSingleFlight<number>(over.signal);
  const demands: FetchDemand[] = [];
  const work = (demand: FetchDemand) => {
    demands.push(demand);
    return new Promise<number>(() => {});
  };
  const calls = [
    share('a', {}, work),
    share('a', { signal: new AbortController().signal }, work),
    share('b', {}, work),
  ];
  const reason = new Error('logged out');
  over.abort(reason);
  for (const call of calls) await expect(call).rejects.toBe(reason);
  expect(demands.map(({ signal }) => signal?.reason)).toEqual([reason, reason]);
});

test('the most urgent call counts, and the work is told when it rises', async () => {
  const share = createSingleFlight<void>();
  const risen = vi.fn();
  let demand: FetchDemand | undefined;
  const work = (given: FetchDemand) => {
    demand = given;
    given.onRise = risen;
    return new Promise<void>(() => {});
  };
  void share('a', { priority: 'low' }, work);
  expect(demand?.priority).toBe('low');
  void share('a', {}, work);
  expect(demand?.priority).toBe('auto');
  void share('a', { priority: 'high' }, work);
  void share('a', { priority: 'low' }, work);
  expect(demand?.priority).toBe('high');
  expect(risen).toHaveBeenCalledTimes(2);
});
