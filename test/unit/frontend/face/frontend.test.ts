import { resolveObjectURL } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FrontendConfig } from '../../../../src/frontend/face/config.js';
import { createPixstoreFrontend } from '../../../../src/frontend/face/create-frontend.js';
import type { ImageLoadInfo } from '../../../../src/frontend/loading/load-info.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { answerWith, createFakeEndpoint, type FakeRequest } from '../network/fake-endpoint.js';
import { bytesOf, sealImage } from '../sealed-image.js';

const images = await Promise.all(Array.from({ length: 100 }, (_, at) => sealImage({ id: `cats:tom${at}` })));
const records = images.map(({ record }) => record);
const [first = expect.fail('no records')] = records;
const payloads = new Map(images.map(({ record, success }) => [record.id, success]));
const answer = answerWith((id) => payloads.get(id) ?? Uint8Array.of(2));
const silent = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

function createFrontend(onRequest: (request: FakeRequest) => void = answer, config: FrontendConfig = {}) {
  const { fetch, requests } = createFakeEndpoint(onRequest);
  const frontend = createPixstoreFrontend({
    defaultEndpointConnectHost: 'localhost',
    errorHandlingMode: 'throw',
    logger: silent,
    fetch,
    ...config,
  });
  return { frontend, requests };
}

type Frontend = ReturnType<typeof createFrontend>['frontend'];

const gone = { ...first, id: 'cats:gone' };

describe('getImages', () => {
  test('gives the images in the order of the records', async () => {
    const { frontend } = createFrontend();
    const shown = (await frontend.getImages(records)) ?? [];
    expect(shown).toHaveLength(100);
    for (const [at, blob] of shown.entries()) expect(await bytesOf(blob)).toEqual(images[at]?.bytes);
  });

  test('one that fails fails alone in the modes that return null, and rejects in throw mode', async () => {
    const { frontend } = createFrontend(answer, { errorHandlingMode: 'hybrid' });
    const broken = { ...first, id: '../../x' };
    const shown = (await frontend.getImages([first, gone, broken, first])) ?? [];
    expect(shown.map((blob) => blob instanceof Blob)).toEqual([true, false, false, true]);
    const strict = createFrontend().frontend;
    await expect(strict.getImages([first, gone])).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  test('what is no list fails as a whole', async () => {
    const { frontend } = createFrontend();
    const noList = { length: 1, 0: first } as unknown as ImageRecord[];
    await expect(frontend.getImages(noList)).rejects.toMatchObject({ code: 'RECORD_INVALID' });
    await expect(frontend.prefetchImages(noList)).rejects.toMatchObject({ code: 'RECORD_INVALID' });
    const lenient = createFrontend(answer, { errorHandlingMode: 'hybrid' }).frontend;
    expect(await lenient.getImages(noList)).toBeNull();
  });

  test.each(['throw', 'hybrid', 'warn', 'silent', 'custom'] as const)(
    'gives null in the place of null in mode %s, and no error',
    async (errorHandlingMode) => {
      const { frontend } = createFrontend(answer, { errorHandlingMode });
      silent.error.mockClear();
      await frontend.prefetchImages([null, first]);
      expect(await frontend.getImages([null, first, null])).toEqual([null, expect.any(Blob), null]);
      expect(silent.error).not.toHaveBeenCalled();
    },
  );

  test('only null is no record that is gone', async () => {
    const { frontend } = createFrontend();
    const lost = [undefined] as unknown as ImageRecord[];
    await expect(frontend.getImages(lost)).rejects.toMatchObject({ code: 'RECORD_INVALID' });
  });

  test('is aborted as a whole', async () => {
    const { frontend, requests } = createFrontend(() => {});
    const abort = new AbortController();
    const shown = frontend.getImages(records, undefined, { signal: abort.signal });
    await vi.waitFor(() => expect(requests).toHaveLength(4));
    abort.abort();
    await expect(shown).rejects.toBe(abort.signal.reason);
    expect(requests.every(({ init }) => init.signal?.aborted)).toBe(true);
  });
});

describe('getImageUrl', () => {
  test('of an image of up to inlineImageBytes is a data: URL, of a larger one a Blob URL', async () => {
    const { frontend } = createFrontend();
    const [image = expect.fail('no images')] = images;
    const size = image.bytes.length;
    const inline = await frontend.getImageUrl(first, undefined, { inlineImageBytes: size });
    inline?.release();
    expect(inline?.url).toBe(`data:image/png;base64,${Buffer.from(image.bytes).toString('base64')}`);
    for (const inlineImageBytes of [undefined, 0, size - 1]) {
      const shown = await frontend.getImageUrl(first, undefined, { inlineImageBytes });
      expect(shown?.url).toMatch(/^blob:/);
      shown?.release();
    }
  });

  test('of a large image is a data: URL as well, where it is told to be', async () => {
    const large = await sealImage({ id: 'large', bytes: randomBytes(1024 * 1024) });
    const { frontend } = createFrontend(answerWith(() => large.success));
    const shown = await frontend.getImageUrl(large.record, undefined, { inlineImageBytes: Infinity });
    expect(shown?.url === `data:image/png;base64,${Buffer.from(large.bytes).toString('base64')}`).toBe(true);
  });

  test.each([
    ['logout', 'CACHE_CLEARED', (frontend: Frontend) => void frontend.clearImageCache()],
    ['close', 'FRONTEND_CLOSED', (frontend: Frontend) => frontend.close()],
    ['abort', 'gone', (_: Frontend, abort: AbortController) => abort.abort({ code: 'gone' })],
  ])('is no data: URL either for who is told of a %s while it is made', async (_, code, end) => {
    const { frontend } = createFrontend();
    const abort = new AbortController();
    await frontend.getImage(first);
    const { arrayBuffer } = Blob.prototype;
    const spy = vi.spyOn(Blob.prototype, 'arrayBuffer').mockImplementation(function (this: Blob) {
      end(frontend, abort);
      return arrayBuffer.call(this);
    });
    onTestFinished(() => spy.mockRestore());
    const shown = frontend.getImageUrl(first, undefined, { inlineImageBytes: Infinity, signal: abort.signal });
    await expect(shown).rejects.toMatchObject({ code });
  });

  test('leads to the image until everybody has released it', async () => {
    const { frontend } = createFrontend();
    const held = await Promise.all(Array.from({ length: 10 }, () => frontend.getImageUrl(first)));
    const url = held[0]?.url ?? expect.fail('no URL');
    expect(held.every((one) => one?.url === url)).toBe(true);
    expect(await bytesOf(resolveObjectURL(url) as Blob)).toEqual(images[0]?.bytes);
    for (const one of held) one?.release();
    expect(resolveObjectURL(url)).toBeUndefined();
  });

  test('a release while a second one is on its way takes nothing from it', async () => {
    const { frontend } = createFrontend(answer, { frontendMemoryCacheBytes: 0 });
    const one = await frontend.getImageUrl(first);
    const coming = frontend.getImageUrl(first);
    one?.release();
    const other = await coming;
    expect(resolveObjectURL(other?.url ?? '')).toBeInstanceOf(Blob);
  });

  test('another version is another URL', async () => {
    const { frontend } = createFrontend();
    const newer = await sealImage({ id: first.id, token: 2000 });
    const one = await frontend.getImageUrl(first);
    payloads.set(first.id, newer.updated);
    const other = await frontend.getImageUrl(newer.record);
    payloads.set(first.id, images[0]?.success as Uint8Array);
    expect(other?.url).not.toBe(one?.url);
    expect(await bytesOf(resolveObjectURL(other?.url ?? '') as Blob)).toEqual(newer.bytes);
  });

  test('close revokes what is shown, and what is on its way gets no URL any more', async () => {
    const { frontend, requests } = createFrontend((request) => request.ids[0] === first.id && answer(request));
    const one = await frontend.getImageUrl(first);
    const coming = frontend.getImageUrl(records[1] as ImageRecord);
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    frontend.close();
    answer(requests[1] as FakeRequest);
    await expect(coming).rejects.toMatchObject({ code: 'FRONTEND_CLOSED' });
    expect(resolveObjectURL(one?.url ?? '')).toBeUndefined();
    one?.release();
  });

  test('is null where getImage is null', async () => {
    const { frontend } = createFrontend(answer, { errorHandlingMode: 'silent' });
    expect(await frontend.getImageUrl(gone)).toBeNull();
  });
});

describe('prefetchImages', () => {
  test('keeps images, a few at a time and with low priority, and tells no observer', async () => {
    const loads: ImageLoadInfo[] = [];
    const { frontend, requests } = createFrontend(answer, { onImageLoad: (info) => loads.push(info) });
    await frontend.prefetchImages(records);
    expect(requests.map(({ ids, init }) => [ids.length, init.priority])).toEqual([
      [32, 'low'],
      [32, 'low'],
      [32, 'low'],
      [4, 'low'],
    ]);
    expect(loads).toEqual([]);
    await frontend.getImages(records);
    expect(requests).toHaveLength(4);
    expect(new Set(loads.map(({ source }) => source))).toEqual(new Set(['memory']));
  });

  test('lets the page go first', async () => {
    const { frontend, requests } = createFrontend(() => {});
    const shown = frontend.getImages(records.slice(0, 8));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    const prefetched = frontend.prefetchImages(records.slice(50, 60));
    await new Promise(setImmediate);
    expect(requests).toHaveLength(1);
    answer(requests[0] as FakeRequest);
    await shown;
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    answer(requests[1] as FakeRequest);
    await prefetched;
  });

  test('an image that the page wants meanwhile becomes urgent', async () => {
    const { frontend, requests } = createFrontend(() => {});
    void frontend.getImages(records.slice(0, 8));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    void frontend.prefetchImages(records.slice(50, 60));
    void frontend.getImage(records[55] as ImageRecord, undefined, { priority: 'high' });
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(requests[1]?.ids).toEqual(['cats:tom55']);
  });

  test('leaves out what fails, without a word', async () => {
    const { frontend } = createFrontend();
    silent.error.mockClear();
    await frontend.prefetchImages([gone, { ...first, id: '../../x' }, first]);
    expect(await frontend.cachedImageExists(first.id)).toBe(true);
    expect(silent.error).not.toHaveBeenCalled();
  });

  test('stops when it is aborted', async () => {
    const { frontend, requests } = createFrontend(() => {});
    const abort = new AbortController();
    const prefetched = frontend.prefetchImages(records, undefined, { signal: abort.signal });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    abort.abort();
    await expect(prefetched).rejects.toBe(abort.signal.reason);
    await new Promise(setImmediate);
    expect(requests).toHaveLength(1);
  });
});

test('cacheStats counts what is kept, and where images came from', async () => {
  const { frontend } = createFrontend();
  const bytes = images.slice(0, 3).reduce((sum, image) => sum + image.bytes.length, 0);
  await frontend.getImages(records.slice(0, 3));
  await frontend.getImage(first);
  expect(await frontend.cacheStats()).toEqual({
    memory: { entries: 3, bytes, hits: 1 },
    disk: { entries: 0, bytes: 0, hits: 0 },
    network: { bytes, hits: 3 },
  });
});
