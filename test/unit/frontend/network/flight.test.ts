import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Endpoint, OnBytes } from '../../../../src/frontend/network/endpoint.js';
import { createFlight, type FlightEvents } from '../../../../src/frontend/network/flight.js';
import type { QueuedFetch } from '../../../../src/frontend/network/queued-fetch.js';
import { payloadOf, recordOf } from './fake-endpoint.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timeout = 30_000;
const settle = () => vi.advanceTimersByTimeAsync(0);
const phasesOf = (fetches: QueuedFetch[]) => fetches.map(({ phase }) => phase);

function queue(id: string) {
  const queued = {
    record: recordOf(id),
    demand: { priority: 'auto' as const },
    phase: 'waiting' as QueuedFetch['phase'],
    timesSent: 0,
    outcome: undefined as unknown,
    deliver(payload: Uint8Array) {
      queued.phase = 'done';
      queued.outcome = new TextDecoder().decode(payload.subarray(1));
    },
    fail(error: unknown) {
      queued.phase = 'done';
      queued.outcome = error;
    },
  };
  return queued;
}

/** A flight for fetches, over an endpoint whose other side is the test. */
function start(fetches: QueuedFetch[], onStall: () => unknown = () => {}) {
  const asked: Parameters<Endpoint['ask']>[] = [];
  const told: string[] = [];
  let onBytes: OnBytes = () => {};
  let end = () => {};
  let fail: (error: unknown) => void = () => {};
  const endpoint: Pick<Endpoint, 'ask'> = {
    ask(...args) {
      asked.push(args);
      onBytes = args[2];
      return new Promise<void>((resolve, reject) => {
        end = resolve;
        fail = reject;
      });
    },
  };
  const events: FlightEvents = {
    onBytes: (payloads, brought) => told.push(`bytes: ${payloads.length} more, ${brought} in all`),
    onProgress: () => {
      told.push('progress');
      flight.renew();
    },
    onStall: () => {
      told.push('stall');
      onStall();
    },
    onLand: () => told.push('land'),
  };
  const flight = createFlight({ priority: 'high', fetches }, { endpoint, timeout }, events);
  const landed = flight.send();
  const [records, init] = asked[0] ?? expect.fail('nothing was asked for');
  return {
    flight,
    landed,
    told,
    records,
    init,
    isAborted: () => init.signal.aborted,
    bring: (...ids: string[]) => onBytes(ids.map(payloadOf)),
    end: () => {
      end();
      return settle();
    },
    fail: (error: unknown) => {
      fail(error);
      return settle();
    },
  };
}

test('it asks for its images, in their order and with its priority, and they are under way', () => {
  const fetches = ['a', 'b'].map(queue);
  const { records, init, isAborted } = start(fetches);
  expect(records).toEqual(['a', 'b'].map(recordOf));
  expect(init.priority).toBe('high');
  expect(isAborted()).toBe(false);
  expect(fetches.map(({ phase, timesSent }) => [phase, timesSent])).toEqual([
    ['under way', 1],
    ['under way', 1],
  ]);
});

describe('delivering', () => {
  test('every payload goes to the next image that is missing, and is told of before and afterwards', () => {
    const [a, b, c] = [queue('a'), queue('b'), queue('c')];
    const { told, bring } = start([a, b, c]);
    a.deliver = () => void told.push('a is delivered');
    bring('a');
    expect(told).toEqual(['bytes: 1 more, 1 in all', 'a is delivered', 'progress']);
    bring();
    bring('b', 'c');
    expect(told.slice(3)).toEqual(['bytes: 0 more, 1 in all', 'progress', 'bytes: 2 more, 3 in all', 'progress']);
    expect([b, c]).toMatchObject([{ outcome: 'b' }, { outcome: 'c' }]);
  });

  test('more payloads than images are nobody’s', () => {
    const a = queue('a');
    const { bring } = start([a]);
    bring('a', 'b');
    expect(a.outcome).toBe('a');
  });

  test('nothing is delivered once it has landed', async () => {
    const a = queue('a');
    const { told, bring, end } = start([a]);
    await end();
    bring('a');
    expect(a.outcome).toBeUndefined();
    expect(told).toEqual(['land']);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('landing', () => {
  test('what an answer did not bring waits again', async () => {
    const fetches = ['a', 'b'].map(queue);
    const { told, bring, end, landed } = start(fetches);
    bring('a');
    await end();
    await landed;
    expect(phasesOf(fetches)).toEqual(['done', 'waiting']);
    expect(told.at(-1)).toBe('land');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('what a request that failed did not bring fails with it', async () => {
    const fetches = ['a', 'b'].map(queue);
    const { told, bring, fail, landed } = start(fetches);
    bring('a');
    const error = new Error('cut off');
    await fail(error);
    await landed;
    expect(fetches.map(({ outcome }) => outcome)).toEqual(['a', error]);
    expect(told.at(-1)).toBe('land');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('what is done stays done', async () => {
    const fetches = ['a', 'b'].map(queue);
    const { end } = start(fetches);
    fetches[0]?.fail(new Error('scrolled away'));
    await end();
    expect(phasesOf(fetches)).toEqual(['done', 'waiting']);
  });

  test('patience that ends fails what is missing and aborts the request, which lands once', async () => {
    const a = queue('a');
    const { told, init, fail } = start([a]);
    await vi.advanceTimersByTimeAsync(timeout);
    expect(a.outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
    expect(init.signal.reason).toBe(a.outcome);
    await fail(new Error('aborted'));
    expect(told).toEqual(['stall', 'land']);
    expect(a.outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
  });

  test('progress puts off the end of patience', async () => {
    const a = queue('a');
    const { flight } = start([a]);
    await vi.advanceTimersByTimeAsync(timeout - 1);
    flight.renew();
    await vi.advanceTimersByTimeAsync(timeout - 1);
    expect(a.outcome).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(a.outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
  });
});

describe('bytes that drip', () => {
  const longest = 20 * timeout;

  test('end after 20 times as long, counted from the first of them', async () => {
    const a = queue('a');
    const { bring } = start([a]);
    await vi.advanceTimersByTimeAsync(1000);
    for (let time = 0; time < longest; time += 20_000) {
      expect(a.outcome).toBeUndefined();
      bring();
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(a.outcome).toMatchObject({ code: 'FETCH_TIMEOUT', message: expect.stringContaining(`${longest} ms`) });
  });

  test('give every image all this time to itself', async () => {
    const [a, b] = [queue('a'), queue('b')];
    b.timesSent = 2; // so that it is not given back between two bytes
    const { bring } = start([a, b]);
    for (let time = 0; time < 2 * longest - 40_000; time += 20_000) {
      if (time === longest - 20_000) bring('a');
      else bring();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(b.outcome).toBeUndefined();
    }
    bring('b');
    expect([a.outcome, b.outcome]).toEqual(['a', 'b']);
  });
});

describe('a flight that stalls', () => {
  test('gives back all but the image that it stalls at, once they wait, and tells of it', async () => {
    const fetches = ['slow', 'b', 'c'].map(queue);
    const phasesWhenTold: string[][] = [];
    const { told } = start(fetches, () => phasesWhenTold.push(phasesOf(fetches)));
    await vi.advanceTimersByTimeAsync(2000);
    expect(told).toEqual(['stall']);
    expect(phasesWhenTold).toEqual([['under way', 'waiting', 'waiting']]);
  });

  test('keeps those that were sent three times', async () => {
    const fetches = ['slow', 'b', 'c'].map(queue);
    for (const queued of fetches) queued.timesSent = queued.record.id === 'b' ? 2 : 1;
    start(fetches);
    await vi.advanceTimersByTimeAsync(2000);
    expect(phasesOf(fetches)).toEqual(['under way', 'under way', 'waiting']);
  });

  test('does not wake what is done', async () => {
    const fetches = ['slow', 'b'].map(queue);
    start(fetches);
    fetches[1]?.fail(new Error('scrolled away'));
    await vi.advanceTimersByTimeAsync(2000);
    expect(phasesOf(fetches)).toEqual(['under way', 'done']);
  });

  test('has no say any more in what it gave back, but what it brings is welcome', async () => {
    const [slow, b, c] = [queue('slow'), queue('b'), queue('c')];
    const { bring, fail } = start([slow, b, c]);
    await vi.advanceTimersByTimeAsync(2000);
    const other = start([b, c]);
    bring('slow', 'b');
    expect(b.outcome).toBe('b');
    await fail(new Error('cut off'));
    expect(c.phase, 'it is under way with the other').toBe('under way');
    other.bring('b', 'c');
    expect(c.outcome).toBe('c');
  });

  test('takes nothing from the request that it was given to', async () => {
    const [slow, b, c] = [queue('slow'), queue('b'), queue('c')];
    const fetches = [slow, b, c];
    const first = start(fetches);
    await vi.advanceTimersByTimeAsync(2000);
    const other = start([b, c]);
    first.flight.renew();
    await vi.advanceTimersByTimeAsync(1999);
    other.bring();
    await vi.advanceTimersByTimeAsync(1);
    expect(first.told).toEqual(['stall', 'stall']);
    expect(phasesOf(fetches)).toEqual(['under way', 'under way', 'under way']);
    await first.end();
    expect(phasesOf(fetches)).toEqual(['waiting', 'under way', 'under way']);
  });
});

describe('a flight that nobody waits for', () => {
  test('is aborted, but not before', () => {
    const fetches = ['a', 'b'].map(queue);
    const { flight, isAborted } = start(fetches);
    fetches[0]?.fail(new Error('scrolled away'));
    flight.endIfAbandoned();
    expect(isAborted()).toBe(false);
    fetches[1]?.fail(new Error('scrolled away'));
    flight.endIfAbandoned();
    expect(isAborted()).toBe(true);
  });

  test('is left to end by itself when it brought everything', () => {
    const { flight, bring, isAborted } = start([queue('a')]);
    bring('a');
    flight.endIfAbandoned();
    expect(isAborted()).toBe(false);
  });

  test('is left alone when it has landed', async () => {
    const a = queue('a');
    const { flight, fail, isAborted } = start([a]);
    await fail(new Error('cut off'));
    flight.endIfAbandoned();
    expect(isAborted()).toBe(false);
  });

  test('fails with the reason of its abort, whatever `fetch` makes of it', async () => {
    const [a, b] = [queue('a'), queue('b')];
    const { flight, init, fail } = start([a, b]);
    for (const queued of [a, b]) queued.phase = 'done';
    flight.endIfAbandoned();
    const fails = vi.spyOn(a, 'fail');
    await fail(new Error('of fetch'));
    expect(fails).toHaveBeenCalledWith(init.signal.reason);
  });
});
