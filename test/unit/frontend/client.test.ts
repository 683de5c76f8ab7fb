import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../src/frontend/face/create-frontend.js';
import type { ImageLoadInfo } from '../../../src/frontend/loading/load-info.js';
import { getLastPixstoreError } from '../../../src/shared/errors/last-error.js';
import type { ImageFetcher, ImageRecord } from '../../../src/types/index.js';
import { collectGarbage } from './collect-garbage.js';
import { bytesOf, type SealedImage, sealImage } from './sealed-image.js';

// Node has no IndexedDB: these are the instance, its memory and its fetching. test/browser/frontend has the rest.

/** A frontend in mode `throw` over a fetcher that gives `answer`, which a test may change. */
function createFrontend(answer: Uint8Array, config: FrontendConfig = {}) {
  const source = { answer };
  const fetcher = vi.fn<ImageFetcher>(async () => source.answer);
  const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw', ...config }, fetcher);
  return { frontend, fetcher, source };
}

/** A frontend whose fetcher answers for each version when the test says so, or at once. */
function createSlowFrontend(images: SealedImage[], isQuick = false, config: FrontendConfig = {}) {
  const waiting: (() => void)[] = [];
  const fetcher = vi.fn<ImageFetcher>(({ id, token }) => {
    const image = images.find(({ record }) => record.id === id && record.token === token);
    return new Promise((resolve) => {
      const answer = () => resolve(image?.success ?? Uint8Array.of(2));
      if (isQuick) answer();
      else waiting.push(answer);
    });
  });
  const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw', ...config }, fetcher);
  const answerAll = (count = waiting.length) => {
    for (const answer of waiting.splice(0, count)) answer();
  };
  return { frontend, fetcher, answerAll };
}

describe('getImage', () => {
  test('decrypts what the fetcher brings, for Success and for Updated', async () => {
    const { record, bytes, success, updated } = await sealImage();
    for (const answer of [success, updated]) {
      const { frontend } = createFrontend(answer);
      const image = await frontend.getImage(record);
      expect(image?.type).toBe('image/png');
      expect(await bytesOf(image)).toEqual(bytes);
    }
  });

  test('does not change the bytes that the fetcher brought', async () => {
    const { record, updated } = await sealImage();
    const before = updated.slice();
    await createFrontend(updated).frontend.getImage(record);
    expect(updated).toEqual(before);
  });

  test('fetches once for calls at the same time and after each other', async () => {
    const { record, success } = await sealImage();
    const { frontend, fetcher } = createFrontend(success);
    const [first, second] = await Promise.all([frontend.getImage(record), frontend.getImage({ ...record })]);
    expect(second).toBe(first);
    expect(await frontend.getImage(record)).toBe(first);
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  test('finds the image in memory also when the endpoint always answers Updated', async () => {
    const { record, updated } = await sealImage();
    const { frontend, fetcher } = createFrontend(updated);
    await frontend.getImage(record);
    await frontend.getImage(record);
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  test('shows an updated image to an old record, asks again for the old, and not for the new one', async () => {
    const old = await sealImage({ token: 1 });
    const fresh = await sealImage({ token: 2 });
    const { frontend, fetcher } = createFrontend(fresh.updated);
    expect(await bytesOf(await frontend.getImage(old.record))).toEqual(fresh.bytes);
    await frontend.getImage(fresh.record);
    expect(fetcher).toHaveBeenCalledTimes(1);
    await frontend.getImage(old.record);
    expect(fetcher).toHaveBeenCalledTimes(2);
  });

  test('shows no older version than the record names, and none with another key', async () => {
    const { record, success } = await sealImage({ token: 2 });
    const older = await sealImage({ token: 1 });
    const forged = await sealImage({ token: 2 });
    for (const { updated } of [older, forged]) {
      const { frontend, source } = createFrontend(updated, { fetchRetries: 0 });
      await expect(frontend.getImage(record)).rejects.toMatchObject({ code: 'PAYLOAD_INVALID' });
      expect(await frontend.cachedImageExists(record.id)).toBe(false);
      source.answer = success;
      expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
    }
  });

  test('an older version is asked for again: a replica may be behind for a moment', async () => {
    const { record, updated } = await sealImage({ token: 2 });
    const older = await sealImage({ token: 1 });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { frontend, fetcher, source } = createFrontend(older.updated);
    const shown = frontend.getImage(record);
    while (vi.getTimerCount() !== 1 || fetcher.mock.results.length !== 1) await new Promise(setImmediate);
    source.answer = updated;
    await vi.advanceTimersByTimeAsync(600);
    expect(await shown).toBeInstanceOf(Blob);
    expect(fetcher).toHaveBeenCalledTimes(2);
  });

  test('gives the same Blob as long as anybody holds it, and then another of the same bytes', async () => {
    const { record, bytes, success } = await sealImage();
    const { frontend, fetcher } = createFrontend(success);
    let held = await frontend.getImage(record);
    await collectGarbage();
    expect(await frontend.getImage(record)).toBe(held);
    const dropped = new WeakRef(held as Blob);
    held = null;
    await collectGarbage();
    expect(dropped.deref(), 'nobody holds it').toBeUndefined();
    expect(await bytesOf(await frontend.getImage(record))).toEqual(bytes);
    expect(fetcher).toHaveBeenCalledTimes(1);
  });

  test('gives a Blob that somebody holds also when it no longer fits into memory', async () => {
    const { record, success } = await sealImage();
    const { frontend, fetcher } = createFrontend(success, { frontendMemoryCacheBytes: 10 });
    const held = await frontend.getImage(record);
    expect((await frontend.cacheStats())?.memory.entries).toBe(0);
    expect(await frontend.getImage(record)).toBe(held);
    expect(fetcher).toHaveBeenCalledTimes(1);
    await frontend.deleteCachedImage(record.id);
    expect(await frontend.getImage(record)).not.toBe(held);
  });

  test('makes no Blob of what is only prefetched', async () => {
    const { record, success } = await sealImage();
    const { frontend } = createFrontend(success);
    const made = vi.spyOn(globalThis, 'Blob');
    onTestFinished(() => made.mockRestore());
    await frontend.prefetchImages([record]);
    expect((await frontend.cacheStats())?.memory.entries).toBe(1);
    expect(made).not.toHaveBeenCalled();
    await frontend.getImage(record);
    expect(made).toHaveBeenCalledTimes(1);
  });

  test('shows no picture to a record with another key, even when the picture is in memory', async () => {
    const { record, success } = await sealImage();
    const { frontend } = createFrontend(success);
    await frontend.getImage(record);
    const { key } = (await sealImage()).record.meta;
    const wrong = { ...record, meta: { ...record.meta, key } };
    await expect(frontend.getImage(wrong)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
  });

  test('hands record, context and a signal to the fetcher', async () => {
    const { record, success } = await sealImage();
    const { frontend, fetcher } = createFrontend(success);
    await frontend.getImage(record, { jwt: 'x' });
    expect(fetcher.mock.calls).toEqual([[record, { jwt: 'x' }, { signal: expect.any(AbortSignal) }]]);
  });

  test('keeps nothing in memory when frontendMemoryCacheBytes is 0', async () => {
    const { record, success } = await sealImage();
    const { frontend, fetcher } = createFrontend(success, { frontendMemoryCacheBytes: 0 });
    await frontend.getImage(record);
    await frontend.getImage(record);
    expect(fetcher).toHaveBeenCalledTimes(2);
  });

  test('keeps nothing of an image that does not decrypt', async () => {
    const { record, success } = await sealImage();
    const tampered = success.slice();
    tampered[9] = (tampered[9] ?? 0) ^ 1;
    const { frontend, source } = createFrontend(tampered);
    await expect(frontend.getImage(record)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    expect(await frontend.cachedImageExists(record.id)).toBe(false);
    source.answer = success;
    expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
  });

  test('forgets an image that the endpoint no longer has', async () => {
    const { record, success } = await sealImage();
    const { frontend, source } = createFrontend(success);
    await frontend.getImage(record);
    source.answer = Uint8Array.of(2);
    await expect(frontend.getImage({ ...record, token: 2000 })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    expect(await frontend.cachedImageExists(record.id)).toBe(false);
  });

  test('refuses half a record before it fetches anything', async () => {
    const { success } = await sealImage();
    const { frontend, fetcher } = createFrontend(success);
    await expect(frontend.getImage({ id: 'a' } as ImageRecord)).rejects.toMatchObject({ code: 'RECORD_INVALID' });
    expect(fetcher).not.toHaveBeenCalled();
  });
});

describe('deleting', () => {
  test('deleteCachedImage says whether the image was there', async () => {
    const { record, success } = await sealImage();
    const { frontend } = createFrontend(success);
    await frontend.getImage(record);
    expect(await frontend.cachedImageExists(record.id)).toBe(true);
    expect(await frontend.deleteCachedImage(record.id)).toBe(true);
    expect(await frontend.cachedImageExists(record.id)).toBe(false);
    expect(await frontend.deleteCachedImage(record.id)).toBe(false);
  });

  test.each([
    [
      'deleteCachedImage',
      (frontend: ReturnType<typeof createFrontend>['frontend']) => frontend.deleteCachedImage('cats:tom'),
    ],
    [
      'clearImageCache with keepShown',
      (frontend: ReturnType<typeof createFrontend>['frontend']) => frontend.clearImageCache({ keepShown: true }),
    ],
  ])('an image that is on its way during %s is shown but not kept', async (_, forget) => {
    const { record, success } = await sealImage();
    let answer = (_bytes: Uint8Array) => {};
    const fetcher = vi.fn(() => new Promise<Uint8Array>((resolve) => (answer = resolve)));
    const frontend = createPixstoreFrontend({ errorHandlingMode: 'throw' }, fetcher);
    const early = frontend.getImage(record);
    await expect.poll(() => fetcher.mock.calls.length).toBe(1);
    const answerEarly = answer;
    await forget(frontend);
    const late = frontend.getImage(record);
    await expect.poll(() => fetcher.mock.calls.length, { message: 'a later call must not join the early one' }).toBe(2);
    answerEarly(success);
    expect(await early).toBeInstanceOf(Blob);
    expect(await frontend.cachedImageExists(record.id)).toBe(false);
    answer(success);
    await late;
    expect(await frontend.cachedImageExists(record.id)).toBe(true);
  });

  test('deleting another image does not touch the one that is on its way', async () => {
    const { record, success } = await sealImage();
    let answer = (_bytes: Uint8Array) => {};
    const frontend = createPixstoreFrontend(
      { errorHandlingMode: 'throw' },
      () => new Promise<Uint8Array>((resolve) => (answer = resolve)),
    );
    const image = frontend.getImage(record);
    await frontend.deleteCachedImage('dogs:rex');
    answer(success);
    await image;
    expect(await frontend.cachedImageExists(record.id)).toBe(true);
  });

  test.each([
    ['an image', 'cats:tom', [false, false, false]],
    ['a variant', 'cats:tom.thumb', [true, false, true]],
  ])('%s is not kept when it was on its way, and what begins alike is', async (_, deleted, keptOfImage) => {
    const ids = ['cats:tom', 'cats:tom.thumb', 'cats:tom.large', 'cats:tom2', 'cats:tom-thumb', 'tom', 'tom.thumb'];
    const images = await Promise.all(ids.map((id) => sealImage({ id })));
    const { frontend, fetcher, answerAll } = createSlowFrontend(images);
    const shown = Promise.all(images.map(({ record }) => frontend.getImage(record)));
    await expect.poll(() => fetcher.mock.calls.length).toBe(ids.length);
    await frontend.deleteCachedImage(deleted);
    answerAll();
    for (const [at, blob] of (await shown).entries()) expect(await bytesOf(blob)).toEqual(images[at]?.bytes);
    const kept = await Promise.all(ids.map((id) => frontend.cachedImageExists(id)));
    expect(kept).toEqual([...keptOfImage, true, true, true, true]);
  });

  test('fifty variants that are on their way are shown and not kept, and later calls join none of them', async () => {
    const ids = Array.from({ length: 50 }, (_, at) => `cats:tom.w_${at}`);
    const images = await Promise.all(ids.map((id) => sealImage({ id })));
    const { frontend, fetcher, answerAll } = createSlowFrontend(images);
    const showAll = () => Promise.all(images.map(({ record }) => frontend.getImage(record)));
    const early = showAll();
    await expect.poll(() => fetcher.mock.calls.length).toBe(50);
    await frontend.deleteCachedImage('cats:tom');
    const late = showAll();
    await expect.poll(() => fetcher.mock.calls.length).toBe(100);
    answerAll(50);
    expect((await early).every((blob) => blob instanceof Blob)).toBe(true);
    expect((await frontend.cacheStats())?.memory.entries).toBe(0);
    answerAll();
    await late;
    expect((await frontend.cacheStats())?.memory.entries).toBe(50);
    expect(await frontend.deleteCachedImage('cats:tom')).toBe(true);
    expect((await frontend.cacheStats())?.memory.entries).toBe(0);
  });

  test('whether it was there is true when only a variant was', async () => {
    const { record, success } = await sealImage({ id: 'cats:tom.thumb' });
    const { frontend } = createFrontend(success);
    await frontend.getImage(record);
    expect(await frontend.cachedImageExists('cats:tom')).toBe(false);
    expect(await frontend.deleteCachedImage('cats:tom.large')).toBe(false);
    expect(await frontend.deleteCachedImage('cats:tom')).toBe(true);
    expect(await frontend.cachedImageExists('cats:tom.thumb')).toBe(false);
  });

  test('a Blob that somebody holds is given no more of an image and its variants, and of others is', async () => {
    const ids = ['cats:tom', 'cats:tom.thumb', 'cats:tom2', 'cats:tom-2'];
    const images = await Promise.all(ids.map((id) => sealImage({ id })));
    const { frontend } = createSlowFrontend(images, true);
    const show = () => Promise.all(images.map(({ record }) => frontend.getImage(record)));
    const same = (one: unknown[], other: unknown[]) => one.map((blob, at) => blob === other[at]);
    const first = await show();
    await frontend.deleteCachedImage('cats:tom.thumb');
    const second = await show();
    expect(same(first, second)).toEqual([true, false, true, true]);
    await frontend.deleteCachedImage('cats:tom');
    expect(same(second, await show())).toEqual([false, false, true, true]);
  });

  test('a Blob that was on its way is not given to those who ask afterwards, though somebody holds it', async () => {
    const image = await sealImage({ id: 'cats:tom.thumb' });
    const { frontend, fetcher, answerAll } = createSlowFrontend([image]);
    const coming = frontend.getImage(image.record);
    await expect.poll(() => fetcher.mock.calls.length).toBe(1);
    await frontend.deleteCachedImage('cats:tom');
    answerAll();
    const early = await coming;
    const late = frontend.getImage(image.record);
    await expect.poll(() => fetcher.mock.calls.length).toBe(2);
    answerAll();
    expect(await late).not.toBe(early);
    expect(await bytesOf(early)).toEqual(image.bytes);
  });

  test('what a prefetch has not come to yet is left out', async () => {
    const ids = [...Array.from({ length: 40 }, (_, at) => `dogs:rex${at}`), 'cats:tom', 'cats:tom.thumb', 'cats:tom2'];
    const images = await Promise.all(ids.map((id) => sealImage({ id })));
    const { frontend, fetcher, answerAll } = createSlowFrontend(images);
    const prefetched = frontend.prefetchImages(images.map(({ record }) => record));
    await expect.poll(() => fetcher.mock.calls.length).toBe(32);
    await frontend.deleteCachedImage('cats:tom');
    answerAll();
    await expect.poll(() => fetcher.mock.calls.length).toBe(41);
    answerAll();
    await prefetched;
    expect((await frontend.cacheStats())?.memory.entries).toBe(41);
    expect(await frontend.cachedImageExists('cats:tom2')).toBe(true);
  });

  test('what the endpoint no longer has takes its variants along, and a variant nothing else', async () => {
    const images = await Promise.all(['cats:tom', 'cats:tom.thumb', 'cats:tom.large'].map((id) => sealImage({ id })));
    const { frontend, fetcher } = createSlowFrontend(images, true);
    for (const { record } of images) await frontend.getImage(record);
    const exist = () => Promise.all(images.map(({ record }) => frontend.cachedImageExists(record.id)));
    fetcher.mockImplementation(async () => Uint8Array.of(2));
    const ask = (id: string) => frontend.getImage({ ...(images[0]?.record as ImageRecord), id, token: 2000 });
    await expect(ask('cats:tom.thumb')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    expect(await exist()).toEqual([true, false, true]);
    await expect(ask('cats:tom')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    expect(await exist()).toEqual([false, false, false]);
  });

  test('other tabs forget the variants too, and a newer version of an image forgets none', async () => {
    const images = await Promise.all(['cats:tom', 'cats:tom.thumb', 'cats:tom2'].map((id) => sealImage({ id })));
    const newer = await sealImage({ id: 'cats:tom', token: 2000 });
    const config = { frontendDbName: 'two-tabs' };
    const here = createSlowFrontend([], true, config).frontend;
    const there = createSlowFrontend([...images, newer], true, config).frontend;
    onTestFinished(() => {
      here.close();
      there.close();
    });
    for (const { record } of [...images, newer]) await there.getImage(record);
    const exist = () => Promise.all(images.map(({ record }) => there.cachedImageExists(record.id)));
    expect(await exist()).toEqual([true, true, true]);
    await here.deleteCachedImage('cats:tom');
    await expect.poll(exist).toEqual([false, false, true]);
  });

  test.each(['../x', '', 7])('%j is no image id', async (id) => {
    const { frontend } = createFrontend(Uint8Array.of(2));
    await expect(frontend.deleteCachedImage(id as string)).rejects.toMatchObject({ code: 'IMAGE_ID_INVALID' });
    await expect(frontend.cachedImageExists(id as string)).rejects.toMatchObject({ code: 'IMAGE_ID_INVALID' });
  });
});

test('a browser that throws on the mere mention of IndexedDB shows the picture', async () => {
  Object.defineProperty(globalThis, 'indexedDB', {
    configurable: true,
    get() {
      throw new DOMException('not here', 'SecurityError');
    },
  });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'indexedDB'));
  const { record, success } = await sealImage();
  const { frontend } = createFrontend(success);
  expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
  await frontend.clearImageCache();
});

test('a closed frontend refuses every call', async () => {
  const { record, success } = await sealImage();
  const { frontend } = createFrontend(success);
  frontend.close();
  frontend.close();
  const closed = { code: 'FRONTEND_CLOSED' };
  await expect(frontend.getImage(record)).rejects.toMatchObject(closed);
  await expect(frontend.deleteCachedImage(record.id)).rejects.toMatchObject(closed);
  await expect(frontend.cachedImageExists(record.id)).rejects.toMatchObject(closed);
  await expect(frontend.clearImageCache()).rejects.toMatchObject(closed);
});

describe('onImageLoad', () => {
  test('is told id, token, source, bytes and milliseconds', async () => {
    const { record, bytes, success } = await sealImage();
    const loads: ImageLoadInfo[] = [];
    let time = 0;
    const { frontend } = createFrontend(success, { onImageLoad: (info) => loads.push(info), now: () => (time += 5) });
    await frontend.getImage(record);
    await frontend.getImage(record);
    const info = { id: record.id, token: record.token, bytes: bytes.length, milliseconds: 5 };
    expect(loads).toEqual([
      { ...info, source: 'network' },
      { ...info, source: 'memory' },
    ]);
  });

  test('may throw without breaking getImage', async () => {
    const { record, success } = await sealImage();
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const onImageLoad = () => {
      throw new Error('listener');
    };
    const { frontend } = createFrontend(success, { onImageLoad, logger });
    expect(await frontend.getImage(record)).toBeInstanceOf(Blob);
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('listener'));
  });
});

describe('error modes', () => {
  test('hybrid logs, returns null and remembers the error', async () => {
    const { record } = await sealImage();
    const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const { frontend } = createFrontend(Uint8Array.of(5), { errorHandlingMode: 'hybrid', logger });
    expect(await frontend.getImage(record)).toBeNull();
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('PROOF_INVALID'));
    expect(getLastPixstoreError()?.code).toBe('PROOF_INVALID');
  });

  test('silent returns null for every function', async () => {
    const { frontend } = createFrontend(Uint8Array.of(5), { errorHandlingMode: 'silent' });
    frontend.close();
    expect(await frontend.deleteCachedImage('a')).toBeNull();
    expect(await frontend.cachedImageExists('a')).toBeNull();
    expect(await frontend.clearImageCache()).toBeUndefined();
  });

  test('a bad configuration throws in every mode', () => {
    expect(() => createPixstoreFrontend({ errorHandlingMode: 'silent' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
