import { alwaysThrowing, handleError } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { isImageId } from '../shared/image-id.js';
import type { ImageFetcher, ImageRecord } from '../types/index.js';
import { createDiskCache } from './cache/disk-cache.js';
import { createGenerations } from './cache/generations.js';
import { createMemoryCache } from './cache/memory-cache.js';
import { createTabChannel } from './cache/other-tabs.js';
import { type FrontendConfig, type FrontendOptions, readFrontendConfig } from './config.js';
import type { GetImageOptions } from './fetching/demand.js';
import { createEndpoint, type EndpointOptions } from './fetching/endpoint.js';
import { type AnyFetcher, createFetch } from './fetching/fetch-payload.js';
import { createRequestLine } from './fetching/request-line.js';
import { createImageLoader, type LoadedImage, type PayloadSource } from './load-image.js';
import { createObjectUrls } from './object-urls.js';
import type { PixstoreFrontend } from './public-api.js';
import { assertRecord } from './record.js';

/**
 * Creates a frontend of its own, beside or instead of the default one of `initPixstoreFrontend`.
 *
 * @param fetcher - fetches wire payloads in place of the default fetcher
 * @throws PixstoreError `CONFIG_INVALID`, in every error mode
 *
 * @example
 * const frontend = createPixstoreFrontend({ defaultEndpointConnectHost: 'https://img.example.com:443' });
 */
export function createPixstoreFrontend<Context = unknown>(
  config?: FrontendConfig,
  fetcher?: ImageFetcher<Context>,
): PixstoreFrontend<Context> {
  const options = alwaysThrowing(() => readFrontendConfig(config, fetcher));
  const memory = createMemoryCache<LoadedImage>(options.frontendMemoryCacheBytes);
  const disk = createDiskCache(options);
  const generations = createGenerations();
  const tabs = createTabChannel(
    options.frontendDbName,
    (id) => {
      forget(id);
      void disk.drop(id);
    },
    () => {
      forget();
      disk.dropWaiting();
    },
  );
  const source: PayloadSource = fetcher
    ? createFetch(fetcher as AnyFetcher, options.fetchTimeout)
    : // readFrontendConfig saw to it that there is a host when there is no fetcher.
      createRequestLine(createEndpoint(options as FrontendOptions & EndpointOptions), options.fetchTimeout);
  const load = createImageLoader({ options, source, memory, disk, generations });
  const urls = createObjectUrls();
  // What each tier gave since the frontend was made.
  const given = { memory: { hits: 0, bytes: 0 }, disk: { hits: 0, bytes: 0 }, network: { hits: 0, bytes: 0 } };
  let closed = false;

  /** An image or all, in memory; and what is on its way is not kept. Says whether the image was there. */
  function forget(id?: string): boolean {
    generations.end(id);
    return memory.remove(id);
  }

  /** What every method does its work in. */
  async function run<Result>(
    work: () => Result | Promise<Result>,
    { signal }: GetImageOptions = {},
  ): Promise<Result | null> {
    try {
      signal?.throwIfAborted();
      if (closed) throw new PixstoreError('FRONTEND_CLOSED', 'The frontend was closed.');
      return await work();
    } catch (error) {
      // An abort is no failure: it passes every error mode, and is neither logged nor remembered.
      signal?.throwIfAborted();
      return handleError(error, options);
    }
  }

  function find(record: ImageRecord, context: unknown, wish: GetImageOptions): LoadedImage | Promise<LoadedImage> {
    assertRecord(record);
    if (!globalThis.crypto?.subtle) throw new PixstoreError('INSECURE_CONTEXT', 'The page needs HTTPS, or localhost.');
    return load(record, context, wish);
  }

  /** Finds an image that is about to be shown, or null, and tells of it. */
  function show(record: ImageRecord, context: unknown, wish: GetImageOptions = {}): Promise<LoadedImage | null> {
    return run(async () => {
      const begun = options.now();
      const loaded = await find(record, context, wish);
      const { token, source, image } = loaded;
      const bytes = image.size;
      given[source].hits += 1;
      given[source].bytes += bytes;
      try {
        options.onImageLoad?.({ id: record.id, token, source, bytes, milliseconds: options.now() - begun });
      } catch (error) {
        options.logger.error(`[pixstore] onImageLoad threw: ${error}`);
      }
      return loaded;
    }, wish);
  }

  async function getImage(record: ImageRecord, context?: unknown, wish?: GetImageOptions): Promise<Blob | null> {
    return (await show(record, context, wish))?.image ?? null;
  }

  return {
    getImage,

    getImages: (records, context, wish) =>
      run(() => Promise.all(assertList(records).map((record) => getImage(record, context, wish))), wish),

    async getImageUrl(record, context, wish) {
      const loaded = await show(record, context, wish);
      // Work of its own: the frontend may be closed by now.
      return loaded && run(() => urls.hold(loaded.version, loaded.image));
    },

    async prefetchImages(records, context, wish) {
      const atOnce = 32;
      await run(async () => {
        const waiting = assertList(records).slice();
        while (waiting.length > 0 && !closed) {
          wish?.signal?.throwIfAborted();
          const some = waiting.splice(0, atOnce);
          await Promise.allSettled(some.map(async (record) => find(record, context, { ...wish, priority: 'low' })));
        }
      }, wish);
    },

    cacheStats: () =>
      run(async () => ({
        memory: { ...given.memory, ...memory.usage() },
        disk: { ...given.disk, entries: 0, bytes: 0, ...(await disk.usage()) },
        network: { ...given.network },
      })),

    deleteCachedImage: (id) =>
      run(async () => {
        assertImageId(id);
        const wasInMemory = forget(id);
        // Told afterwards: a tab that is quicker would leave nothing on disk for us to find.
        const wasOnDisk = await disk.remove(id).finally(() => tabs.tell(id));
        return wasOnDisk || wasInMemory;
      }),

    cachedImageExists: (id) =>
      run(() => {
        assertImageId(id);
        return memory.has(id) || disk.has(id);
      }),

    async clearImageCache() {
      await run(async () => {
        forget();
        tabs.tell();
        await disk.remove();
      });
    },

    close() {
      closed = true;
      urls.close();
      tabs.close();
      disk.close();
      forget();
    },
  };
}

function assertImageId(id: unknown): void {
  if (isImageId(id)) return;
  throw new PixstoreError('IMAGE_ID_INVALID', 'This takes the "id" of a record.');
}

function assertList(records: readonly ImageRecord[]): readonly ImageRecord[] {
  if (Array.isArray(records)) return records;
  throw new PixstoreError('RECORD_INVALID', 'This takes a list of records.');
}
