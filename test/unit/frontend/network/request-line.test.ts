import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FetchDemand, FetchPriority } from '../../../../src/frontend/network/demand.js';
import { raise } from '../../../../src/frontend/network/demand.js';
import { createEndpoint } from '../../../../src/frontend/network/endpoint.js';
import { createRequestLine } from '../../../../src/frontend/network/request-line.js';
import { collectGarbage } from '../collect-garbage.js';
import { answerWith, createFakeEndpoint, encodeFrame, type FakeRequest, payloadOf, recordOf } from './fake-endpoint.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function startLine(onRequest?: (request: FakeRequest) => void, ownFetch?: typeof fetch) {
  const { fetch, requests } = createFakeEndpoint(onRequest);
  const endpoint = createEndpoint({
    defaultEndpointConnectHost: '127.0.0.1',
    defaultEndpointConnectPort: 7482,
    defaultEndpointRoute: '/pixstore-image',
    fetch: ownFetch ?? fetch,
    now: () => performance.now(),
  });
  const line = createRequestLine(endpoint, 30_000);
  return {
    line,
    requests,
    /** Asks for an image and notes what becomes of it. */
    ask(id: string, priority: FetchPriority = 'auto') {
      const abort = new AbortController();
      const demand: FetchDemand = { signal: abort.signal, priority };
      const asked = { abort, demand, outcome: undefined as unknown };
      const payload = line(recordOf(id), undefined, demand);
      payload.then(
        (bytes) => (asked.outcome = new TextDecoder().decode(bytes.subarray(1))),
        (error) => (asked.outcome = error),
      );
      return asked;
    },
  };
}

const ids = (count: number, name = 'i') => Array.from({ length: count }, (_, at) => `${name}${at}`);
const frameOf = (id: string) => encodeFrame(payloadOf(id));
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('gathering', () => {
  test('one image goes out at once, with no timer but those of the request', async () => {
    const { ask, requests } = startLine();
    ask('a');
    await Promise.resolve();
    expect(requests.map(({ method, ids }) => [method, ids])).toEqual([['POST', ['a']]]);
  });

  test('images of one moment go out together in a few requests, and the first has the line to itself until 16 are there', async () => {
    const { ask, requests } = startLine();
    const fetches = ids(100).map((id) => ask(id));
    await settle();
    expect(requests.map(({ ids }) => ids)).toEqual([ids(25)]);
    requests[0]?.send(Buffer.concat(ids(15).map(frameOf)));
    await settle();
    expect(requests).toHaveLength(1);
    requests[0]?.send(frameOf('i15'));
    await settle();
    expect(requests.slice(1).map(({ ids }) => [ids[0], ids.length])).toEqual([
      ['i25', 25],
      ['i50', 25],
      ['i75', 25],
    ]);
    requests[0]?.send(Buffer.concat(ids(25).slice(16).map(frameOf)));
    for (const request of requests.slice(1)) answerWith(payloadOf)(request);
    await settle();
    expect(fetches.map(({ outcome }) => outcome)).toEqual(ids(100));
  });

  test('of a small gallery the first request asks for 16', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(40)) ask(id);
    await settle();
    expect(requests.map(({ ids }) => ids)).toEqual([ids(16)]);
    answerWith(payloadOf)(requests[0] as FakeRequest);
    await settle();
    expect(requests.slice(1).map(({ ids }) => ids.length)).toEqual([8, 8, 8]);
  });

  test('the others do not wait longer than 250 ms for those that are seen first, and what is visible not at all', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(100)) ask(id);
    await vi.advanceTimersByTimeAsync(249);
    expect(requests).toHaveLength(1);
    ask('visible', 'high');
    await settle();
    expect(requests.slice(1).map(({ ids }) => ids)).toEqual([['visible']]);
    await vi.advanceTimersByTimeAsync(1);
    expect(requests.slice(2).map(({ ids }) => ids[0])).toEqual(['i25', 'i63']);
  });

  test('a line that is busy gives nobody a head start', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(100)) ask(id);
    await settle();
    answerWith(payloadOf)(requests[0] as FakeRequest);
    await settle();
    for (const id of ids(100, 'late')) ask(id);
    await settle();
    expect(requests.slice(4).map(({ ids }) => ids)).toEqual([ids(100, 'late')]);
  });

  test('where batches are refused, what waits is asked for one by one, twelve at a time', async () => {
    const { ask, requests } = startLine((request) => {
      if (request.method === 'POST') request.respond('', 405);
      else if (request.ids[0] === 'first') answerWith(payloadOf)(request);
    });
    const first = ask('first');
    await settle();
    expect(first.outcome).toBe('first');
    requests.length = 0;
    for (const id of ids(40)) ask(id);
    await settle();
    expect(requests.map(({ method, ids }) => [method, ...ids])).toEqual(ids(12).map((id) => ['GET', id]));
  });

  test('a few images share one request', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(8)) ask(id);
    await settle();
    expect(requests.map(({ method, ids }) => [method, ids.length])).toEqual([['POST', 8]]);
  });

  test('what comes while all requests are under way goes together with the next', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(32)) ask(id);
    await settle();
    for (const id of ids(20, 'late')) {
      ask(id);
      await settle();
    }
    expect(requests).toHaveLength(4);
    const [first] = requests;
    first?.respond(Buffer.concat(first.ids.map(frameOf)));
    await settle();
    expect(requests[4]?.ids).toEqual(ids(20, 'late'));
  });

  test('no request asks for more than 256 images, nor for more than about 2 MB', async () => {
    const { ask, requests } = startLine(answerWith((id) => new Uint8Array(id.startsWith('small') ? 10 : 100_000)));
    const sizesOf = async (ids: string[]) => {
      requests.length = 0;
      for (const id of ids) ask(id);
      await settle();
      const sizes = requests.map(({ ids }) => ids.length);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(ids.length);
      return sizes;
    };
    await sizesOf(ids(100, 'small'));
    expect(Math.max(...(await sizesOf(ids(2000, 'small'))))).toBe(256);
    await sizesOf(ids(100));
    expect(Math.max(...(await sizesOf(ids(100))))).toBeLessThanOrEqual(22);
  });
});

describe('streaming', () => {
  test('every image resolves as soon as its own bytes are there', async () => {
    const { ask, requests } = startLine();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ask(id));
    await settle();
    const frame = frameOf('b');
    requests[0]?.send(Buffer.concat([frameOf('a'), frame.subarray(0, 5)]));
    await settle();
    expect([a?.outcome, b?.outcome, c?.outcome]).toEqual(['a', undefined, undefined]);
    requests[0]?.send(frame.subarray(5));
    await settle();
    expect([a?.outcome, b?.outcome, c?.outcome]).toEqual(['a', 'b', undefined]);
    requests[0]?.send(frameOf('c'));
    await settle();
    expect(c?.outcome).toBe('c');
  });

  test('an answer that is cut off gives what came whole, and a failure that may be repeated for the rest', async () => {
    const { ask, requests } = startLine();
    const [a, b] = ['a', 'b'].map((id) => ask(id));
    await settle();
    requests[0]?.send(Buffer.concat([frameOf('a'), frameOf('b').subarray(0, 5)]));
    await settle();
    requests[0]?.cut();
    await settle();
    expect(a?.outcome).toBe('a');
    expect(b?.outcome).toMatchObject({ code: 'FETCH_FAILED', message: expect.stringContaining('cut off') });
  });

  test('a slow image does not hold up those behind it', async () => {
    const { ask, requests } = startLine();
    const fetches = ['a', 'slow', 'b', 'c'].map((id) => ask(id));
    await settle();
    requests[0]?.send(frameOf('a'));
    await vi.advanceTimersByTimeAsync(1999);
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(requests[1]?.ids).toEqual(['b', 'c']);
    requests[1]?.respond(Buffer.concat(['b', 'c'].map(frameOf)));
    await settle();
    expect(fetches.map(({ outcome }) => outcome)).toEqual(['a', undefined, 'b', 'c']);
    requests[0]?.send(Buffer.concat(['slow', 'b'].map(frameOf)));
    await settle();
    expect(fetches[1]?.outcome).toBe('slow');
    expect(requests[0]?.init.signal?.aborted, 'nobody waits for what is left of the first answer').toBe(true);
  });
});

describe('time', () => {
  test('an answer that never comes is FETCH_TIMEOUT for all its images, and the request is given up', async () => {
    const { ask, requests } = startLine();
    const fetches = ids(3).map((id) => ask(id));
    await vi.advanceTimersByTimeAsync(29_999);
    expect(fetches.map(({ outcome }) => outcome)).toEqual([undefined, undefined, undefined]);
    await vi.advanceTimersByTimeAsync(1);
    expect(fetches[0]?.outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
    expect(requests[0]?.init.signal?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(4000);
    for (const { outcome } of fetches) expect(outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('every image of an answer has the whole time to itself', async () => {
    const { ask, requests } = startLine();
    const fetches = ids(3).map((id) => ask(id));
    await settle();
    for (const id of ids(3)) {
      // A byte now and then, so that nobody takes it for stalled.
      for (const byte of frameOf(id).subarray(0, 2)) {
        await vi.advanceTimersByTimeAsync(900);
        requests[0]?.send(Uint8Array.of(byte));
      }
      for (let second = 0; second < 25; second += 1) {
        await vi.advanceTimersByTimeAsync(900);
        requests[0]?.send(new Uint8Array());
      }
      requests[0]?.send(frameOf(id).subarray(2));
    }
    await settle();
    expect(fetches.map(({ outcome }) => outcome)).toEqual(ids(3));
    expect(requests).toHaveLength(1);
  });

  /** Bytes of a frame that take longer than any image may, one every 20 s. */
  async function drip(request: FakeRequest | undefined, id: string, pieces = 5): Promise<void> {
    const frame = encodeFrame(Buffer.concat([payloadOf(id), Buffer.alloc(pieces)]));
    for (let at = 0; at < pieces; at += 1) {
      request?.send(frame.subarray(at, at + 1));
      await vi.advanceTimersByTimeAsync(20_000);
    }
    request?.send(frame.subarray(pieces));
    await settle();
  }

  test('an image may take as long as its bytes come, and so may those behind it in the same answer', async () => {
    const { ask, requests } = startLine();
    const fetches = ['a', 'b'].map((id) => ask(id));
    await settle();
    await drip(requests[0], 'a');
    expect(fetches[0]?.outcome).toMatch(/^a/);
    await drip(requests[0], 'b');
    expect(fetches[1]?.outcome).toMatch(/^b/);
  });

  test('a request that was sent later waits for those before it, and is not asked for again meanwhile', async () => {
    const { ask, requests } = startLine();
    const fetches = ids(16).map((id) => ask(id));
    await settle();
    expect(requests.map(({ ids }) => ids.length)).toEqual([8, 8]);
    for (let second = 0; second < 120; second += 1) {
      requests[0]?.send(second === 0 ? frameOf('i0') : new Uint8Array());
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(requests).toHaveLength(2);
    answerWith(payloadOf)(requests[1] as FakeRequest);
    await settle();
    expect(fetches.slice(8).map(({ outcome }) => outcome)).toEqual(ids(16).slice(8));
  });

  test.each([
    ['a request', []],
    ['one that was sent later than another', ['stuck first']],
  ])('%s that is stuck ends, though later ones get on', async (_, before) => {
    const { ask, requests } = startLine();
    for (const id of before) {
      ask(id);
      await settle();
    }
    const stuck = ask('stuck');
    await settle();
    for (let at = 0; at < 3; at += 1) {
      expect(stuck.outcome).toBeUndefined();
      ask(`later${at}`);
      await vi.advanceTimersByTimeAsync(9999);
      answerWith(payloadOf)(requests.at(-1) as FakeRequest);
      await settle();
    }
    await vi.advanceTimersByTimeAsync(3);
    expect(stuck.outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
  });

  test('but one that is less urgent waits for what is visible', async () => {
    const { ask, requests } = startLine();
    const low = ask('later', 'low');
    await settle();
    ask('visible', 'high');
    await settle();
    await drip(requests[1], 'visible');
    expect(low.outcome).toBeUndefined();
    answerWith(payloadOf)(requests[0] as FakeRequest);
    await settle();
    expect(low.outcome).toBe('later');
  });

  test('what waits in line does not run out', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(32)) ask(id);
    await settle();
    const waiting = ask('waiting');
    for (let at = 0; at < 4; at += 1) {
      for (const request of requests.slice(0, 4)) request.send(new Uint8Array());
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect([waiting.outcome, requests.length]).toEqual([undefined, 4]);
    requests[0]?.send(Buffer.concat(requests[0].ids.map(frameOf)));
    requests[0]?.end();
    await settle();
    answerWith(payloadOf)(requests[4] as FakeRequest);
    await settle();
    expect(waiting.outcome).toBe('waiting');
  });

  test('bytes that drip for ever end after 20 times as long', async () => {
    const { ask, requests } = startLine();
    const asked = ask('a');
    await settle();
    for (let seconds = 0; seconds < 600; seconds += 20) {
      expect(asked.outcome).toBeUndefined();
      requests[0]?.send(Uint8Array.of(1));
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(asked.outcome).toMatchObject({ code: 'FETCH_TIMEOUT', message: expect.stringContaining('600000 ms') });
    expect(requests[0]?.init.signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a `fetch` that does not heed its signal is given up all the same, and what it brings later is nobody’s', async () => {
    let answer: (response: Response) => void = () => {};
    const { ask } = startLine(undefined, () => new Promise((resolve) => (answer = resolve)));
    const asked = ask('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(asked.outcome).toMatchObject({ code: 'FETCH_TIMEOUT' });
    answer(new Response(frameOf('a') as BodyInit));
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([20, 100])('no timer is left behind by %i images', async (count) => {
    const { ask } = startLine(answerWith(payloadOf));
    for (const id of ids(count)) ask(id);
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('what is done is not remembered', async () => {
  vi.useRealTimers();
  const { line } = startLine(answerWith(payloadOf));
  const fetchOne = async (id: string) => {
    const record = recordOf(id);
    await line(record, undefined, { priority: 'auto' });
    return new WeakRef(record);
  };
  const done = await fetchOne('a');
  await collectGarbage();
  expect(done.deref()).toBeUndefined();
  await fetchOne('b'); // the line is still there
});

describe('priorities', () => {
  test('what is visible goes first, and what is wanted later waits until the line is idle', async () => {
    const { ask, requests } = startLine();
    ask('later', 'low');
    for (const id of ids(32)) ask(id);
    ask('visible', 'high');
    await settle();
    expect(requests[0]?.ids).toEqual(['visible']);
    expect(requests.some(({ ids }) => ids.includes('later'))).toBe(false);
    for (let at = 0; at < requests.length; at += 1) {
      const request = requests[at];
      if (request) answerWith(payloadOf)(request);
      await settle();
    }
    expect(requests.at(-1)?.ids).toEqual(['later']);
  });

  test('what is visible need not wait for requests that are under way', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(32)) ask(id); // takes all places of this priority
    await settle();
    ask('more');
    ask('visible', 'high');
    await settle();
    expect(requests.slice(4).map(({ ids }) => ids)).toEqual([['visible']]);
  });

  test('what becomes visible while it waits moves up', async () => {
    const { ask, requests } = startLine();
    for (const id of ids(32)) ask(id);
    await settle();
    const { demand } = ask('more');
    await settle();
    raise(demand, 'high');
    await settle();
    expect(requests.slice(4).map(({ ids }) => ids)).toEqual([['more']]);
  });
});

describe('aborting', () => {
  test('takes an image out of the line', async () => {
    const { ask, requests } = startLine();
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ask(id));
    const reason = new Error('scrolled away');
    b?.abort.abort(reason);
    await settle();
    expect(requests.map(({ ids }) => ids)).toEqual([['a', 'c']]);
    expect([a?.outcome, b?.outcome, c?.outcome]).toEqual([undefined, reason, undefined]);
  });

  test('ends the request when nobody else waits for it, and only then', async () => {
    const { ask, requests } = startLine();
    const [a, b] = ['a', 'b'].map((id) => ask(id));
    await settle();
    a?.abort.abort();
    await settle();
    expect(requests[0]?.init.signal?.aborted).toBe(false);
    b?.abort.abort();
    await settle();
    expect(requests[0]?.init.signal?.aborted).toBe(true);
    expect(b?.outcome).toMatchObject({ name: 'AbortError' });
  });

  test('an image that was aborted on its way gets nothing, and the one behind it its own bytes', async () => {
    const { ask, requests } = startLine();
    const [a, b] = ['a', 'b'].map((id) => ask(id));
    await settle();
    a?.abort.abort();
    requests[0]?.respond(Buffer.concat(['a', 'b'].map(frameOf)));
    await settle();
    expect(b?.outcome).toBe('b');
  });
});
