import { beforeEach, expect, test, vi } from 'vitest';
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
  expect(() => observeImage(record)).toThrow(expect.objectContaining({ code: 'FRONTEND_NOT_INITIALIZED' }));
  initPixstoreFrontend(strict, async () => success);
  const observer = observeImage(record);
  const shown = new Promise((resolve) => observer.subscribe(resolve));
  expect(await shown).toMatchObject({ status: 'loaded', source: 'network' });
  observer.release();
});

test('a second init closes the first instance and takes its place', async () => {
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
