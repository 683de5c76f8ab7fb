import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import type { RefreshRecords } from '../../../../src/frontend/network/refresh.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { bytesOf, sealImage } from '../sealed-image.js';
import { answerWith, createFakeEndpoint, encodeFrame } from './fake-endpoint.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const images = await Promise.all(Array.from({ length: 40 }, (_, at) => sealImage({ id: `cats:tom${at}` })));
const expired = images.map(({ record }) => ({ ...record, statelessProof: 'expired' }));
const [first = expect.fail('no records')] = expired;
const byId = new Map(images.map((image) => [image.record.id, image]));

/** An endpoint that answers fresh proofs only, and an application that hands out records by `refreshRecords`. */
function createFrontend(refresh?: RefreshRecords, config: FrontendConfig = {}) {
  const { fetch, requests } = createFakeEndpoint((request) => {
    const { images: entries } = JSON.parse(String(request.init.body)) as { images: { id: string; proof: string }[] };
    const fresh = new Set(entries.flatMap(({ id, proof }) => (proof === 'expired' ? [] : [id])));
    answerWith((id) => (fresh.has(id) ? (byId.get(id)?.success ?? Uint8Array.of(2)) : Uint8Array.of(5)))(request);
  });
  const refreshRecords = vi.fn<RefreshRecords>(
    refresh ?? (async (ids) => ids.map((id) => byId.get(id)?.record ?? null)),
  );
  const frontend = createPixstoreFrontend({
    defaultEndpointConnectHost: 'localhost',
    errorHandlingMode: 'throw',
    refreshRecords,
    fetch,
    ...config,
  });
  /** Gets images, and lets time pass until they are there. */
  async function get(records: ImageRecord[], context?: unknown) {
    const outcomes = Promise.allSettled(records.map((record) => frontend.getImage(record, context)));
    let done = false;
    outcomes.then(() => (done = true));
    while (!done) {
      await vi.advanceTimersByTimeAsync(1); // no more: decryption takes many turns of the loop, on its own clock
      await new Promise(setImmediate);
    }
    return outcomes;
  }
  return { frontend, refreshRecords, requests, get };
}

test('proofs that expired do not show, and the application is asked once for all of them', async () => {
  const { refreshRecords, get } = createFrontend();
  const outcomes = await get(expired, { user: 'ada' });
  for (const [at, outcome] of outcomes.entries()) {
    expect(outcome.status === 'fulfilled' && (await bytesOf(outcome.value))).toEqual(images[at]?.bytes);
  }
  expect(refreshRecords).toHaveBeenCalledTimes(1);
  const [ids, context] = refreshRecords.mock.calls[0] ?? [];
  expect(ids?.slice().sort()).toEqual(expired.map(({ id }) => id).sort());
  expect(context).toEqual({ user: 'ada' });
});

test('a fresh record of a variant may come with the record of its image', async () => {
  const [image, variant] = images.map(({ record }) => record);
  if (!image || !variant) expect.fail('no records');
  const { refreshRecords, get } = createFrontend(async () => [{ ...image, variants: { thumb: variant } }]);
  const outcomes = await get([{ ...variant, statelessProof: 'expired' }]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled']);
  expect(refreshRecords.mock.calls[0]?.[0]).toEqual([variant.id]);
});

test('a proof that was refused is not shown to the backend again: the application is asked at once', async () => {
  const { refreshRecords, requests, get } = createFrontend(undefined, { frontendMemoryCacheBytes: 0 });
  await get(expired);
  const before = requests.length;
  const outcomes = await get(expired);
  expect(outcomes.map(({ status }) => status)).not.toContain('rejected');
  expect(refreshRecords).toHaveBeenCalledTimes(2);
  expect(JSON.stringify(requests.slice(before).map(({ url, init }) => [url, init.body]))).not.toContain('expired');
});

test('a fresh record of an older version is none: what is shown never goes back', async () => {
  const older = await sealImage({ id: first.id, token: 999 });
  const { get } = createFrontend(async () => [older.record]);
  const [outcome] = await get([first]);
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'PROOF_INVALID' } });
});

test('but not for ever: after 5 s clocks agree, and a proof that was too early is good', async () => {
  const isGood = { value: false };
  const { fetch, requests } = createFakeEndpoint((request) =>
    answerWith((id) => (isGood.value ? (byId.get(id)?.success as Uint8Array) : Uint8Array.of(5)))(request),
  );
  const { get } = createFrontend(async () => [], { fetch });
  const refused = [{ status: 'rejected', reason: { code: 'ACCESS_REFUSED' } }];
  expect(await get([first])).toMatchObject(refused);
  isGood.value = true;
  expect(await get([first]), 'asking on does not put it off').toMatchObject(refused);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(await get([first])).toMatchObject([{ status: 'fulfilled' }]);
});

test('a fresh record with the proof that was refused is tried: the application says that it is good', async () => {
  let asked = 0;
  const { fetch } = createFakeEndpoint((request) => {
    asked += 1;
    answerWith((id) => (asked > 1 ? (byId.get(id)?.success as Uint8Array) : Uint8Array.of(5)))(request);
  });
  const { get } = createFrontend(async () => [first], { fetch });
  expect(await get([first])).toMatchObject([{ status: 'fulfilled' }]);
  expect(asked).toBe(2);
});

test('a record that got a fresh proof is fetched with it', async () => {
  const { frontend, refreshRecords, get } = createFrontend();
  const record = { ...first };
  await get([record]);
  await frontend.clearImageCache();
  record.statelessProof = 'fresh';
  await get([record]);
  expect(refreshRecords).toHaveBeenCalledTimes(1);
});

test('answers that come one after another, slowly, make one question', async () => {
  const { frontend, refreshRecords } = createFrontend(undefined, {
    fetch: createFakeEndpoint(async (request) => {
      if (String(request.init.body).includes('expired')) {
        for (const _id of request.ids) {
          request.send(encodeFrame(Uint8Array.of(5)));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        request.end();
      } else answerWith((id) => byId.get(id)?.success ?? Uint8Array.of(2))(request);
    }).fetch,
  });
  const all = Promise.all(expired.map((record) => frontend.getImage(record)));
  for (let time = 0; time < 1000; time += 10) {
    await vi.advanceTimersByTimeAsync(10);
    await new Promise(setImmediate);
  }
  expect((await all).every(Boolean)).toBe(true);
  expect(refreshRecords).toHaveBeenCalledTimes(1);
});

test('an image that is slow to come does not hold up the question for the others', async () => {
  const { frontend, refreshRecords } = createFrontend(undefined, {
    fetch: createFakeEndpoint((request) => {
      if (String(request.init.body).includes('expired')) {
        request.send(encodeFrame(Uint8Array.of(5))); // and the next never comes
      } else answerWith((id) => byId.get(id)?.success ?? Uint8Array.of(2))(request);
    }).fetch,
  });
  const all = expired.slice(0, 2).map((record) => frontend.getImage(record));
  for (let time = 0; time < 1000; time += 10) {
    await vi.advanceTimersByTimeAsync(10);
    await new Promise(setImmediate);
  }
  expect(await all[0]).toBeInstanceOf(Blob);
  expect(refreshRecords).toHaveBeenCalledTimes(1);
  frontend.close();
  all[1]?.catch(() => {});
});

test('an image the application has no record for is ACCESS_REFUSED, and the others show', async () => {
  const { get } = createFrontend(async (ids) =>
    ids.map((id) => (id === first.id ? null : (byId.get(id)?.record as ImageRecord))),
  );
  const outcomes = await get(expired);
  expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { code: 'ACCESS_REFUSED', status: 403 } });
  expect(outcomes.slice(1).every(({ status }) => status === 'fulfilled')).toBe(true);
});

test.each<[string, RefreshRecords]>([
  ['a record whose proof is no better', async () => [first]],
  ['a newer record whose proof is no better', async () => [{ ...first, token: first.token + 1 }]],
  ['a record of another image', async () => [images[1]?.record as ImageRecord]],
])('%s is ACCESS_REFUSED, and nobody is asked twice', async (_, refresh) => {
  const { get, refreshRecords } = createFrontend(refresh);
  expect(await get([first])).toMatchObject([
    { status: 'rejected', reason: { code: 'ACCESS_REFUSED', cause: { code: 'PROOF_INVALID' } } },
  ]);
  expect(refreshRecords).toHaveBeenCalledTimes(1);
});

test('what is no list is PROOF_INVALID: the application failed, and refused nothing', async () => {
  const { get, refreshRecords } = createFrontend(async () => null as never);
  expect(await get([first])).toMatchObject([{ status: 'rejected', reason: { code: 'PROOF_INVALID' } }]);
  expect(refreshRecords).toHaveBeenCalledTimes(1);
});

describe('for more than 200 images', () => {
  const many = Array.from({ length: 450 }, (_, at) => ({ ...first, id: `cats:many${at}` }));

  test('the application is asked in parts of 200, one after the other', async () => {
    const parts: number[] = [];
    let asking = 0;
    let mostAsking = 0;
    const { get } = createFrontend(async (ids, context) => {
      parts.push(ids.length);
      asking += 1;
      mostAsking = Math.max(mostAsking, asking);
      await new Promise((resolve) => setTimeout(resolve, 500));
      asking -= 1;
      expect(context).toBe('ada');
      return ids.map((id) => ({ ...first, id, statelessProof: 'fresh' }));
    });
    const outcomes = await get(many, 'ada');
    expect(parts).toEqual([200, 200, 50]);
    expect(mostAsking).toBe(1);
    // The fake endpoint has none of them: it was asked with the fresh proofs.
    expect(new Set(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.code))).toEqual(
      new Set(['IMAGE_NOT_FOUND']),
    );
  });

  test('what expires while a part is asked for goes with the next, as far as it has room', async () => {
    const parts: number[] = [];
    let answer = () => {};
    const { frontend, requests } = createFrontend(async (ids) => {
      parts.push(ids.length);
      await new Promise<void>((resolve) => (answer = resolve));
      return [];
    });
    const pass = async () => {
      await new Promise(setImmediate);
      await vi.advanceTimersByTimeAsync(10);
    };
    const early = Promise.allSettled(many.slice(0, 250).map((record) => frontend.getImage(record)));
    while (parts.length < 1) await pass();
    expect(parts).toEqual([200]);
    const late = Promise.allSettled([frontend.getImage(many[300] as ImageRecord)]);
    const isLateRefused = () => requests.some(({ init }) => String(init.body).includes('"cats:many300"'));
    while (!isLateRefused()) await pass();
    for (let turn = 0; turn < 20; turn += 1) await pass();
    answer();
    while (parts.length < 2) await pass();
    expect(parts).toEqual([200, 51]);
    answer();
    await Promise.all([early, late]);
  });

  test('a part that fails fails alone', async () => {
    let part = 0;
    const { get } = createFrontend(async () => {
      part += 1;
      if (part === 1) throw new Error('431');
      return [];
    });
    const codes = (await get(many)).map((outcome) => (outcome as PromiseRejectedResult).reason.code);
    expect(codes.filter((code) => code === 'PROOF_INVALID')).toHaveLength(200);
    expect(codes.filter((code) => code === 'ACCESS_REFUSED')).toHaveLength(250);
  });

  test('one that is asked for twice stands in one part, once', async () => {
    const { frontend, refreshRecords, get } = createFrontend(async () => []);
    const twice = [first, { ...first, statelessProof: 'expired', token: first.token + 1 }];
    await get(twice);
    expect(refreshRecords.mock.calls.map(([ids]) => ids)).toEqual([[first.id]]);
    frontend.close();
  });
});

test('a broken record fails alone, and says what is wrong with it', async () => {
  const { get } = createFrontend(async (ids) =>
    ids.map((id) => (id === first.id ? { ...first, meta: null } : byId.get(id)?.record) as ImageRecord),
  );
  const outcomes = await get(expired);
  expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: { code: 'RECORD_INVALID' } });
  expect(outcomes.slice(1).every(({ status }) => status === 'fulfilled')).toBe(true);
});

test('what the application throws is the cause', async () => {
  const cause = new Error('logged out');
  const { get } = createFrontend(() => Promise.reject(cause));
  expect(await get([first])).toMatchObject([{ reason: { code: 'PROOF_INVALID', cause } }]);
});

test('an application that never answers is not waited for longer than fetchTimeout', async () => {
  const { get } = createFrontend(() => new Promise(() => {}), { fetchTimeout: 5000 });
  expect(await get([first])).toMatchObject([{ reason: { code: 'PROOF_INVALID', cause: { code: 'FETCH_TIMEOUT' } } }]);
});

test('a fresh record of a newer version shows the newer version, and the next time from memory', async () => {
  const newer = await sealImage({ id: 'cats:tom0', token: 2000 });
  byId.set('cats:tom0', newer);
  const { get, requests, frontend } = createFrontend();
  for (const _time of [1, 2]) {
    const [outcome] = await get([first]);
    expect(outcome?.status === 'fulfilled' && (await bytesOf(outcome.value))).toEqual(newer.bytes);
  }
  expect(await frontend.getImage(newer.record)).toBeInstanceOf(Blob);
  expect(requests.filter(({ init }) => !String(init.body).includes('expired'))).toHaveLength(1);
  byId.set('cats:tom0', images[0] as never);
});

test('what expires while the application is asked goes with the next question', async () => {
  const questions: string[][] = [];
  let answer = () => {};
  const { frontend } = createFrontend((ids) => {
    questions.push(ids);
    return new Promise((resolve) => {
      answer = () => resolve(ids.map((id) => byId.get(id)?.record ?? null));
    });
  });
  const pass = async (milliseconds: number) => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(milliseconds);
  };
  const early = expired.slice(0, 2).map((record) => frontend.getImage(record));
  await pass(20);
  expect(questions).toHaveLength(1);
  const late = expired.slice(2, 4).map((record) => frontend.getImage(record));
  await pass(100);
  expect(questions).toHaveLength(1);
  answer();
  await Promise.all(early);
  await pass(0);
  expect(questions).toHaveLength(2);
  answer();
  await Promise.all(late);
  expect(questions.map((ids) => ids.slice().sort())).toEqual([
    ['cats:tom0', 'cats:tom1'],
    ['cats:tom2', 'cats:tom3'],
  ]);
});

test('without the option an expired proof is PROOF_INVALID, as ever', async () => {
  const { get } = createFrontend(undefined, { refreshRecords: undefined });
  expect(await get([first])).toMatchObject([{ reason: { code: 'PROOF_INVALID' } }]);
});

test('who has gone when a proof turns out to be expired asks the application for nothing', async () => {
  let answer: (payload: Uint8Array) => void = () => {};
  const refreshRecords = vi.fn<RefreshRecords>(async () => []);
  // A fetcher that does not heed its signal.
  const frontend = createPixstoreFrontend(
    { errorHandlingMode: 'throw', refreshRecords },
    () => new Promise<Uint8Array>((resolve) => (answer = resolve)),
  );
  const abort = new AbortController();
  const got = frontend.getImage(first, undefined, { signal: abort.signal });
  const turns = () => new Promise(setImmediate);
  await turns();
  await turns();
  abort.abort();
  await expect(got).rejects.toMatchObject({ name: 'AbortError' });
  answer(Uint8Array.of(5));
  await turns();
  await vi.advanceTimersByTimeAsync(1000);
  expect(refreshRecords).not.toHaveBeenCalled();
});
