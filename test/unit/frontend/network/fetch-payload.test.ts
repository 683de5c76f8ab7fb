import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { type AnyFetcher, createFetch } from '../../../../src/frontend/network/fetch-payload.js';
import { PixstoreError } from '../../../../src/shared/errors/pixstore-error.js';

const record = { id: 'a', token: 1, meta: { key: '', iv: '', tag: '' }, statelessProof: 'secret-proof' };
const ask = (fetcher: AnyFetcher, context?: unknown, { signal } = new AbortController()) =>
  createFetch(fetcher, 1000)(record, context, { signal });

afterEach(() => vi.useRealTimers());

test('bytes pass as they are', async () => {
  const bytes = Uint8Array.of(1, 2);
  expect(await ask(async () => bytes)).toBe(bytes);
  expect(await ask(() => Buffer.from([1, 2]))).toEqual(Buffer.from([1, 2]));
});

test('an ArrayBuffer counts as bytes', async () => {
  expect(await ask(async () => Uint8Array.of(1, 2).buffer)).toEqual(Uint8Array.of(1, 2));
});

test('bytes from another realm count as bytes', async () => {
  const foreign: unknown = runInNewContext('Uint8Array.of(1, 2)');
  expect(foreign).not.toBeInstanceOf(Uint8Array);
  expect(await ask(async () => foreign)).toHaveLength(2);
});

test('the fetcher gets the record, the context and a signal', async () => {
  const fetcher = vi.fn(async () => Uint8Array.of(1));
  await ask(fetcher, { jwt: 'x' });
  expect(fetcher).toHaveBeenCalledWith(record, { jwt: 'x' }, { signal: expect.any(AbortSignal) });
});

test.each([
  ['string', 'text'],
  ['object', null],
  ['undefined', undefined],
  ['Blob', new Blob([])],
  ['Response', new Response('')],
  ['object', [1, 2]],
])('a fetcher that returns %s is told so', async (name, value) => {
  await expect(ask(async () => value)).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining(`returned ${name}, not Uint8Array`),
  });
});

test('what a fetcher throws is the cause of FETCH_FAILED, and no part of its message', async () => {
  const cause = new TypeError('https://example.com/?proof=secret-proof');
  const failures: AnyFetcher[] = [
    () => Promise.reject(cause),
    () => {
      throw cause;
    },
  ];
  for (const fetcher of failures) {
    const error = await ask(fetcher).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'FETCH_FAILED', cause, message: expect.stringContaining('TypeError') });
    expect(String(error)).not.toContain('secret-proof');
  }
});

test('a PixstoreError of the fetcher passes through', async () => {
  const own = new PixstoreError('PROOF_MISSING', 'No session.');
  await expect(ask(() => Promise.reject(own))).rejects.toBe(own);
});

test('a fetcher that never answers is FETCH_TIMEOUT after the time it has, and its signal aborts', async () => {
  vi.useFakeTimers();
  let signal: AbortSignal | undefined;
  const answer = ask((_record, _context, options) => {
    signal = options.signal;
    return new Promise(() => {});
  });
  const outcome = vi.fn();
  answer.catch(outcome);
  await vi.advanceTimersByTimeAsync(999);
  expect(outcome).not.toHaveBeenCalled();
  expect(signal?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'FETCH_TIMEOUT' }));
  expect(signal?.aborted).toBe(true);
});

test('a fetcher that rejects because it was aborted is still FETCH_TIMEOUT', async () => {
  vi.useFakeTimers();
  const answer = ask(
    (_record, _context, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  const outcome = vi.fn();
  answer.catch(outcome);
  await vi.advanceTimersByTimeAsync(1000);
  expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'FETCH_TIMEOUT' }));
});

test('the signal aborts when nobody waits any more, with the reason why', async () => {
  const waiting = new AbortController();
  let signal: AbortSignal | undefined;
  const fetcher: AnyFetcher = (_record, _context, options) => {
    signal = options.signal;
    return new Promise((_, reject) => options.signal.addEventListener('abort', reject));
  };
  const answer = ask(fetcher, undefined, waiting);
  const reason = new Error('scrolled away');
  waiting.abort(reason);
  await expect(answer).rejects.toThrow();
  expect(signal?.reason).toBe(reason);
});

test('no timer is left behind', async () => {
  vi.useFakeTimers();
  await ask(async () => Uint8Array.of(1));
  await ask(() => Promise.reject(new Error())).catch(() => {});
  expect(vi.getTimerCount()).toBe(0);
});
