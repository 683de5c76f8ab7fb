import { resolveObjectURL } from 'node:buffer';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig, ImageSnapshot } from '../../../../src/frontend/index.js';
import { bytesOf, sealImage } from '../sealed-image.js';

// Every test gets the module as a page does: fresh, with no instance.
beforeEach(() => {
  vi.resetModules();
});
const load = () => import('../../../../src/frontend/index.js');
const strict = { errorHandlingMode: 'throw' } as const;

test('every function before init is FRONTEND_NOT_INITIALIZED', async () => {
  const { getImage, getImages, getImageUrl, prefetchImages, cacheStats, ...cache } = await load();
  const { deleteCachedImage, cachedImageExists, clearImageCache } = cache;
  const { record } = await sealImage();
  for (const call of [
    () => getImage(record),
    () => getImages([record]),
    () => getImageUrl(record),
    () => prefetchImages([record]),
    () => cacheStats(),
    () => deleteCachedImage('a'),
    () => cachedImageExists('a'),
    () => clearImageCache(),
  ]) {
    await expect(call()).rejects.toMatchObject({
      code: 'FRONTEND_NOT_INITIALIZED',
      message: expect.stringContaining('initPixstoreFrontend'),
    });
  }
});

test('the functions work on the instance that init returns', async () => {
  const { initPixstoreFrontend, getImage, deleteCachedImage, cachedImageExists, clearImageCache } = await load();
  const { record, success, bytes } = await sealImage();
  const frontend = initPixstoreFrontend(strict, async () => success);
  expect(await bytesOf(await getImage(record))).toEqual(bytes);
  expect(await frontend.cachedImageExists(record.id)).toBe(true);
  expect(await deleteCachedImage(record.id)).toBe(true);
  await getImage(record);
  await clearImageCache();
  expect(await cachedImageExists(record.id)).toBe(false);
});

test('the helpers work on it too', async () => {
  const { initPixstoreFrontend, getImages, getImageUrl, prefetchImages, cacheStats } = await load();
  const { record, success } = await sealImage();
  initPixstoreFrontend(strict, async () => success);
  await prefetchImages([record]);
  expect(await getImages([record])).toEqual([expect.any(Blob)]);
  (await getImageUrl(record))?.release();
  expect((await cacheStats())?.memory).toMatchObject({ entries: 1, hits: 2 });
});

test('observeImage observes its images', async () => {
  const { initPixstoreFrontend, observeImage } = await load();
  const { record, success } = await sealImage();
  // Whoever uses a binding has never heard of observeImage.
  const message = 'Call initPixstoreFrontend before images are shown.';
  expect(() => observeImage(record)).toThrow(expect.objectContaining({ code: 'FRONTEND_NOT_INITIALIZED', message }));
  initPixstoreFrontend(strict, async () => success);
  const observer = observeImage(record);
  const shown = new Promise((resolve) => observer.subscribe(resolve));
  expect(await shown).toMatchObject({ status: 'loaded', source: 'network' });
  observer.release();
});

test('a second init takes the place of the first instance, which takes no more calls', async () => {
  const { initPixstoreFrontend, getImage } = await load();
  const { record, success } = await sealImage();
  const first = initPixstoreFrontend(strict, async () => Uint8Array.of(6));
  initPixstoreFrontend(strict, async () => success);
  await expect(first.getImage(record)).rejects.toMatchObject({ code: 'FRONTEND_CLOSED' });
  expect(await getImage(record)).toBeInstanceOf(Blob);
});

test('an init that is refused leaves the instance before it', async () => {
  const { initPixstoreFrontend, getImage } = await load();
  const { record, success } = await sealImage();
  initPixstoreFrontend(strict, async () => success);
  expect(() => initPixstoreFrontend({ fetchTimeout: 0 })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(await getImage(record)).toBeInstanceOf(Blob);
});

test('importing the module adds nothing to the global scope', async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  await load();
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
});

describe('init again', () => {
  /** Two frontends, one in the place of the other; what the first one asks for is answered when the test says so. */
  async function initTwice(config: FrontendConfig = {}) {
    const pixstore = await load();
    const { record, success } = await sealImage();
    const other = await sealImage({ id: 'cats:other' });
    const asked = new Map<string, () => void>();
    const first = pixstore.initPixstoreFrontend(strict, async ({ id }) => {
      if (id !== record.id) await new Promise<void>((resolve) => asked.set(id, resolve));
      return id === record.id ? success : other.success;
    });
    const shown = await first.getImageUrl(record);
    const coming = first.getImageUrl(other.record);
    await vi.waitFor(() => expect(asked.size).toBe(1));
    const second = pixstore.initPixstoreFrontend({ ...strict, ...config }, async () => success);
    onTestFinished(() => {
      first.close();
      second.close();
    });
    return { ...pixstore, first, second, record, shown, coming, answer: () => asked.get(other.record.id)?.() };
  }
  const leadsSomewhere = (url: string) => resolveObjectURL(url) !== undefined;

  test('leaves URLs that are shown until they are released, and calls under way finish', async () => {
    const { shown, coming, answer } = await initTwice();
    expect(leadsSomewhere(shown.url)).toBe(true);
    answer();
    const late = await coming;
    expect(leadsSomewhere(late.url)).toBe(true);
    for (const url of [shown, late]) {
      url.release();
      expect(leadsSomewhere(url.url)).toBe(false);
    }
  });

  test.each([{}, { frontendDbName: 'another' }])(
    'a logout reaches what the one before shows, and its calls, with the options %j',
    async (config) => {
      const { shown, coming, clearImageCache, answer } = await initTwice(config);
      await clearImageCache();
      expect(leadsSomewhere(shown.url)).toBe(false);
      answer();
      await expect(coming).rejects.toMatchObject({ code: 'CACHE_CLEARED' });
    },
  );

  test('but not one that keeps what is shown', async () => {
    const { shown, clearImageCache } = await initTwice();
    await clearImageCache({ keepShown: true });
    expect(leadsSomewhere(shown.url)).toBe(true);
  });

  test('an observer goes on showing its picture', async () => {
    const { initPixstoreFrontend, observeImage } = await load();
    const { record, success } = await sealImage();
    initPixstoreFrontend(strict, async () => success);
    const observer = observeImage(record);
    const shown = await new Promise<ImageSnapshot>((resolve) => observer.subscribe(resolve));
    initPixstoreFrontend(strict, async () => success);
    expect(observer.getSnapshot()).toBe(shown);
    expect(leadsSomewhere(shown.url ?? '')).toBe(true);
    observer.release();
  });

  test('the one before keeps nothing in memory', async () => {
    const { first, record } = await initTwice();
    expect(() => first.peek(record)).toThrow(expect.objectContaining({ code: 'FRONTEND_CLOSED' }));
  });
});

test('same-origin can be set up where a server draws the page, and only a fetch is in vain', async () => {
  const { initPixstoreFrontend, getImage } = await load();
  const { record } = await sealImage();
  initPixstoreFrontend({ ...strict, defaultEndpointConnectHost: 'same-origin', fetchRetries: 0 });
  await expect(getImage(record)).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringContaining('No answer from same-origin/pixstore-image'),
  });
});
