import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import { sealImage } from '../sealed-image.js';

// Functions of the application that pixstore calls on the side: whatever they do, the picture shows.

const uncaught: unknown[] = [];
const note = (reason: unknown) => void uncaught.push(reason);
process.on('unhandledRejection', note);
process.on('uncaughtException', note);

afterEach(async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  expect(uncaught.splice(0), 'what nobody caught').toEqual([]);
});

const fail = () => {
  throw new Error('broken');
};
const reject = async () => fail();
/** What neither `String` nor a template can turn into text. */
const throwOddly = () => {
  throw Object.create(null);
};
const { record, success } = await sealImage();

function createFrontend(config: FrontendConfig, answer = success) {
  const frontend = createPixstoreFrontend(config, async () => answer);
  onTestFinished(() => frontend.close());
  return frontend;
}

describe.each([
  ['throws', fail],
  ['rejects', reject],
  ['throws what is no error', throwOddly],
])('one that %s', (_, broken) => {
  const brokenLogger = { info: broken, warn: broken, error: broken };

  test('as onImageLoad', async () => {
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const frontend = createFrontend({ onImageLoad: broken as () => void, logger });
    expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
    await vi.waitFor(() => expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('onImageLoad')));
  });

  test('as onImageLoad and logger', async () => {
    const frontend = createFrontend({ onImageLoad: broken as () => void, logger: brokenLogger });
    expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
  });

  test.each(['warn', 'hybrid'] as const)('as logger, of a call that fails in the mode %s', async (mode) => {
    const frontend = createFrontend({ logger: brokenLogger, errorHandlingMode: mode }, Uint8Array.of(6));
    expect(await frontend.getImage(record)).toBeNull();
    expect(await frontend.getImages([record])).toEqual([null]);
  });

  test('as now', async () => {
    const frontend = createFrontend({ now: broken as unknown as () => number, errorHandlingMode: 'throw' });
    expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
    await frontend.clearImageCache();
  });

  test('as random, when a fetch is repeated', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const fetch = vi.fn(async () => new Response('', { status: 503 }));
    const frontend = createPixstoreFrontend({
      defaultEndpointConnectHost: 'localhost',
      random: broken as unknown as () => number,
      errorHandlingMode: 'throw',
      fetchRetries: 1,
      fetch,
    });
    onTestFinished(() => frontend.close());
    const failing = expect(frontend.getImage(record)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(1));
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(600);
      expect(fetch).toHaveBeenCalledTimes(2);
    });
    await failing;
  });

  test('as fetch, as fetcher or as refreshRecords, is the failure of the call', async () => {
    const options = { errorHandlingMode: 'throw', fetchRetries: 0 } as const;
    const host = { defaultEndpointConnectHost: 'localhost' };
    const frontends = [
      createPixstoreFrontend({ ...options, ...host, fetch: broken as typeof fetch }),
      createPixstoreFrontend(options, broken as () => Promise<Uint8Array>),
      createPixstoreFrontend({ ...options, refreshRecords: broken as () => Promise<never> }, async () =>
        Uint8Array.of(5),
      ),
    ];
    onTestFinished(() => {
      for (const frontend of frontends) frontend.close();
    });
    const outcomes = await Promise.allSettled(frontends.map((frontend) => frontend.getImage(record)));
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
      'FETCH_FAILED',
      'FETCH_FAILED',
      'PROOF_INVALID',
    ]);
  });
});

test.each([NaN, Infinity, '7', undefined, 7n])('a clock that says %s is done without', async (time) => {
  const loads: number[] = [];
  const frontend = createFrontend({
    now: () => time as number,
    onImageLoad: ({ milliseconds }) => loads.push(milliseconds),
  });
  expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
  expect(loads[0]).toBeGreaterThanOrEqual(0);
});

test.each([
  ['PROOF_INVALID', null],
  ['PROOF_INVALID', {}],
  ['PROOF_INVALID', 7],
  ['ACCESS_REFUSED', [null]],
  ['ACCESS_REFUSED', [{}]],
])('the error is %s where fresh records are %j', async (code, records) => {
  const frontend = createPixstoreFrontend(
    { errorHandlingMode: 'throw', refreshRecords: async () => records as never },
    async () => Uint8Array.of(5),
  );
  onTestFinished(() => frontend.close());
  await expect(frontend.getImage(record)).rejects.toMatchObject({ code });
});
