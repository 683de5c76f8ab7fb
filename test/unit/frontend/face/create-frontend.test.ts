import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import { getLastPixstoreError, rememberError } from '../../../../src/shared/errors/last-error.js';
import { PixstoreError } from '../../../../src/shared/errors/pixstore-error.js';
import { answerWith, createFakeEndpoint, type FakeRequest } from '../network/fake-endpoint.js';
import { bytesOf, sealImage } from '../sealed-image.js';

// The whole way from getImage through the default fetcher to an endpoint, which is the test's.

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const images = await Promise.all(Array.from({ length: 40 }, (_, at) => sealImage({ id: `cats:tom${at}` })));
const records = images.map(({ record }) => record);
const [first = expect.fail('no records')] = records;
const success = new Map(images.map(({ record, success }) => [record.id, success]));
const answer = answerWith((id) => success.get(id) ?? Uint8Array.of(2));

function createFrontend(onRequest?: (request: FakeRequest) => void, config: FrontendConfig = {}) {
  const { fetch, requests } = createFakeEndpoint(onRequest);
  const frontend = createPixstoreFrontend({
    defaultEndpointConnectHost: 'localhost',
    errorHandlingMode: 'throw',
    fetch,
    ...config,
  });
  return { frontend, requests };
}

/** Gives what was sent the time to be read: a stream that breaks drops what nobody has read. */
async function readThen(next: () => void): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  next();
}

describe('a page full of images', () => {
  test('is fetched in a few requests, and every image is its own', async () => {
    const { frontend, requests } = createFrontend(answer);
    const shown = await Promise.all(records.map((record) => frontend.getImage(record)));
    for (const [at, blob] of shown.entries()) expect(await bytesOf(blob)).toEqual(images[at]?.bytes);
    expect(requests).toHaveLength(4);
  });

  test('one image that fails fails alone', async () => {
    const { frontend } = createFrontend(
      answerWith((id) => (id === 'cats:tom3' ? Uint8Array.of(5) : (success.get(id) as Uint8Array))),
    );
    const outcomes = await Promise.allSettled(records.map((record) => frontend.getImage(record)));
    const failed = outcomes.flatMap((outcome, at) =>
      outcome.status === 'rejected' ? [[at, outcome.reason.code]] : [],
    );
    expect(failed).toEqual([[3, 'PROOF_INVALID']]);
  });

  test('comes one by one from a backend that knows no batches, which is asked for them only once', async () => {
    const { frontend, requests } = createFrontend((request) =>
      request.method === 'POST' ? request.respond('', 405) : answer(request),
    );
    await Promise.all(records.slice(0, 20).map((record) => frontend.getImage(record)));
    await Promise.all(records.slice(20).map((record) => frontend.getImage(record)));
    const batches = requests.filter(({ method }) => method === 'POST');
    expect(batches.length).toBeLessThanOrEqual(4);
    expect(requests.length - batches.length).toBe(40);
    expect(requests.slice(-20).every(({ method }) => method === 'GET')).toBe(true);
  });

  test('comes from a backend whose refusal of batches no browser lets through', async () => {
    const { frontend, requests } = createFrontend((request) =>
      request.method === 'POST' ? request.fail() : answer(request),
    );
    const shown = Promise.all(records.slice(0, 20).map((record) => frontend.getImage(record)));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await shown).toHaveLength(20);
    await Promise.all(records.slice(20).map((record) => frontend.getImage(record)));
    expect(requests.slice(-20).every(({ method }) => method === 'GET')).toBe(true);
  });

  test('is fetched again where an answer was cut off, and only there', async () => {
    const { frontend, requests } = createFrontend((request) => {
      if (requests.length > 1) return answer(request);
      const whole: FakeRequest = { ...request, respond: (body) => request.send((body as Uint8Array).slice(0, 700)) };
      answer(whole);
      void readThen(request.cut);
    });
    const shown = Promise.all(records.slice(0, 4).map((record) => frontend.getImage(record)));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await shown).toHaveLength(4);
    expect(requests.map(({ ids }) => ids.length)).toEqual([4, 2]);
  });
});

describe('retries', () => {
  test('an outage of a moment never shows', async () => {
    let failures = 0;
    const { frontend } = createFrontend((request) => {
      failures += 1;
      if (failures === 1) request.fail();
      else if (failures === 2) request.respond('', 503);
      else answer(request);
    });
    const shown = frontend.getImage(first);
    for (let at = 0; at < 20; at += 1) await vi.advanceTimersByTimeAsync(200);
    expect(await shown).toBeInstanceOf(Blob);
  });

  test('too many requests are asked for again, together', async () => {
    const { frontend, requests } = createFrontend((request) =>
      requests.length === 1 ? answerWith(() => Uint8Array.of(9))(request) : answer(request),
    );
    const shown = Promise.all(records.slice(0, 8).map((record) => frontend.getImage(record)));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await shown).toHaveLength(8);
    expect(requests.map(({ ids }) => ids.length)).toEqual([8, 8]);
  });

  test('fetchRetries 0 fails at once', async () => {
    const { frontend, requests } = createFrontend((request) => request.fail(), { fetchRetries: 0 });
    await expect(frontend.getImage(first)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
    expect(requests).toHaveLength(1);
  });
});

describe('aborting', () => {
  test.each(['throw', 'hybrid', 'warn', 'silent', 'custom'] as const)(
    'rejects with the reason in the mode %s, and is no error of anybody',
    async (errorHandlingMode) => {
      const before = new PixstoreError('STORAGE_FULL', 'before');
      rememberError(before);
      const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
      const { frontend, requests } = createFrontend(() => {}, { errorHandlingMode, logger });
      const abort = new AbortController();
      const shown = frontend.getImage(first, undefined, { signal: abort.signal });
      await vi.waitFor(() => expect(requests).toHaveLength(1));
      abort.abort();
      await expect(shown).rejects.toMatchObject({ name: 'AbortError' });
      await expect(frontend.getImage(first, undefined, { signal: abort.signal })).rejects.toBe(abort.signal.reason);
      expect(requests).toHaveLength(1);
      expect(requests[0]?.init.signal?.aborted).toBe(true);
      expect(logger.error).not.toHaveBeenCalled();
      expect(getLastPixstoreError()).toBe(before);
    },
  );

  test('leaves another call for the same image alone', async () => {
    const { frontend, requests } = createFrontend();
    const abort = new AbortController();
    const left = frontend.getImage(first, undefined, { signal: abort.signal });
    const stayed = frontend.getImage(first);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    abort.abort();
    await expect(left).rejects.toThrow();
    for (const request of requests) answer(request);
    expect(await stayed).toBeInstanceOf(Blob);
    expect(requests).toHaveLength(1);
  });

  test('reaches a custom fetcher', async () => {
    let signal: AbortSignal | undefined;
    const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw' }, (_record, _context, options) => {
      signal = options?.signal;
      return new Promise(() => {});
    });
    const abort = new AbortController();
    const shown = frontend.getImage(first, undefined, { signal: abort.signal });
    await vi.waitFor(() => expect(signal).toBeDefined());
    abort.abort(new Error('scrolled away'));
    await expect(shown).rejects.toThrow('scrolled away');
    expect(signal?.aborted).toBe(true);
  });

  test('an image that is in memory is not handed to a call that was aborted before it began', async () => {
    const { frontend } = createFrontend(answer);
    await frontend.getImage(first);
    await expect(frontend.getImage(first, undefined, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

test.each([undefined, {}])(
  'without crypto.subtle it says INSECURE_CONTEXT and fetches nothing (crypto is %j)',
  async (crypto) => {
    const { frontend, requests } = createFrontend(answer);
    onTestFinished(() => void vi.unstubAllGlobals());
    vi.stubGlobal('crypto', crypto);
    await expect(frontend.getImage(first)).rejects.toMatchObject({
      code: 'INSECURE_CONTEXT',
      message: expect.stringContaining('HTTPS'),
    });
    expect(requests).toEqual([]);
  },
);
