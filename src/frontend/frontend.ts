import { alwaysThrowing, createErrorGate } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { isImageId } from '../shared/image-id.js';
import type { ImageFetcher, ImageRecord } from '../types/index.js';
import { createDiskCache } from './cache/disk-cache.js';
import { createGenerations } from './cache/generations.js';
import { createMemoryCache } from './cache/memory-cache.js';
import { createTabChannel } from './cache/other-tabs.js';
import { type FrontendConfig, type FrontendOptions, readFrontendConfig } from './config.js';
import { assertSecureContext } from './decrypt.js';
import type { GetImageOptions } from './fetching/demand.js';
import { createEndpoint, type EndpointOptions } from './fetching/endpoint.js';
import { type AnyFetcher, fetchPayload } from './fetching/fetch-payload.js';
import { createRequestLine } from './fetching/request-line.js';
import { createImageLoader, type LoadedImage, type PayloadSource } from './load-image.js';
import { createObjectUrls } from './object-urls.js';
import type { PixstoreFrontend } from './public-api.js';
import { assertRecord } from './record.js';

const prefetchedAtOnce = 32;

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
  const gate = createErrorGate(options.errorHandlingMode, options.logger);
  const memory = createMemoryCache(options.frontendMemoryCacheBytes);
  const disk = createDiskCache(options);
  const generations = createGenerations();
  const tabs = createTabChannel(
    options.frontendDbName,
    (id) => {
      forget(id);
      void disk.drop(id);
    },
    forget,
  );
  const load = createImageLoader({ options, source: chooseSource(options, fetcher), memory, disk, generations });
  const urls = createObjectUrls();
  const hits = { memory: 0, disk: 0, network: 0 };
  let fetchedBytes = 0;
  let closed = false;

  /** An image or all, in memory; and what is on its way is not kept. Says whether the image was there. */
  function forget(id?: string): boolean {
    generations.end(id);
    return memory.remove(id);
  }

  function assertOpen(): void {
    if (closed) throw new PixstoreError('FRONTEND_CLOSED', 'This frontend was closed: create another one.');
  }

  /** An abort is no failure: it passes every error mode, and is neither logged nor remembered. */
  async function unlessAborted<Result>(
    { signal }: GetImageOptions,
    work: () => Promise<Result>,
  ): Promise<Result | null> {
    signal?.throwIfAborted();
    const result = await gate.runAsync(() =>
      work().catch((error) => {
        if (signal?.aborted) return null;
        throw error;
      }),
    );
    if (result === null) signal?.throwIfAborted();
    return result;
  }

  async function find(record: ImageRecord, context: unknown, wish: GetImageOptions): Promise<LoadedImage> {
    assertRecord(record);
    assertSecureContext();
    return load(record, context, wish);
  }

  async function show(record: ImageRecord, context: unknown, wish: GetImageOptions): Promise<LoadedImage> {
    assertOpen();
    const begun = options.now();
    const loaded = await find(record, context, wish);
    hits[loaded.source] += 1;
    if (loaded.source === 'network') fetchedBytes += loaded.image.size;
    announce(options, record.id, loaded, begun);
    return loaded;
  }

  function getImage(record: ImageRecord, context?: unknown, wish: GetImageOptions = {}): Promise<Blob | null> {
    return unlessAborted(wish, async () => (await show(record, context, wish)).image);
  }

  return {
    getImage,

    async getImages(records, context, wish) {
      const list = await gate.runAsync(async () => {
        assertOpen();
        return assertList(records);
      });
      return list && Promise.all(list.map((record) => getImage(record, context, wish)));
    },

    getImageUrl: (record, context, wish = {}) =>
      unlessAborted(wish, async () => {
        const { token, openedWith, image } = await show(record, context, wish);
        assertOpen();
        return urls.hold([record.id, token, openedWith].join(), image);
      }),

    async prefetchImages(records, context, { signal } = {}) {
      const wish = { signal, priority: 'low' } as const;
      await unlessAborted(wish, async () => {
        assertOpen();
        const waiting = assertList(records).slice();
        while (waiting.length > 0 && !closed) {
          signal?.throwIfAborted();
          await Promise.allSettled(waiting.splice(0, prefetchedAtOnce).map((record) => find(record, context, wish)));
        }
      });
    },

    cacheStats: () =>
      gate.runAsync(async () => {
        assertOpen();
        const { images = 0, bytes = 0 } = (await disk.usage()) ?? {};
        return {
          memory: { ...memory.usage(), hits: hits.memory },
          disk: { entries: images, bytes, hits: hits.disk },
          network: { bytes: fetchedBytes, hits: hits.network },
        };
      }),

    deleteCachedImage: (id) =>
      gate.runAsync(async () => {
        assertOpen();
        assertImageId(id);
        const wasInMemory = forget(id);
        // Told afterwards: a tab that is quicker would leave nothing on disk for us to find.
        const wasOnDisk = await disk.remove(id).finally(() => tabs.tell(id));
        return wasOnDisk || wasInMemory;
      }),

    cachedImageExists: (id) =>
      gate.runAsync(async () => {
        assertOpen();
        assertImageId(id);
        return memory.has(id) || disk.has(id);
      }),

    async clearImageCache() {
      await gate.runAsync(async () => {
        assertOpen();
        forget();
        tabs.tell();
        await disk.remove();
      });
    },

    close() {
      closed = true;
      urls.revokeAll();
      tabs.close();
      disk.close();
      forget();
    },
  };
}

function chooseSource(options: FrontendOptions, fetcher: ImageFetcher<never> | undefined): PayloadSource {
  // readFrontendConfig saw to it that there is a host when there is no fetcher.
  if (!fetcher) {
    return createRequestLine(createEndpoint(options as FrontendOptions & EndpointOptions), options.fetchTimeout);
  }
  return {
    fetch: (record, context, { signal }) =>
      fetchPayload(fetcher as AnyFetcher, options.fetchTimeout, record, context, signal),
  };
}

function announce(options: FrontendOptions, id: string, { image, token, source }: LoadedImage, begun: number): void {
  try {
    options.onImageLoad?.({ id, token, source, bytes: image.size, milliseconds: options.now() - begun });
  } catch (error) {
    options.logger.error(`[pixstore] the listener onImageLoad threw: ${String(error)}`);
  }
}

function assertImageId(id: unknown): void {
  if (isImageId(id)) return;
  throw new PixstoreError('IMAGE_ID_INVALID', 'The image id breaks the grammar: hand over the "id" of a record.');
}

function assertList(records: readonly ImageRecord[]): readonly ImageRecord[] {
  if (Array.isArray(records)) return records;
  throw new PixstoreError('RECORD_INVALID', 'This takes a list of records.');
}
