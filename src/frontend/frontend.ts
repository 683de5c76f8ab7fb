import { alwaysThrowing, createErrorGate } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { isImageId } from '../shared/image-id.js';
import type { ImageFetcher } from '../types/index.js';
import { createDiskCache } from './cache/disk-cache.js';
import { createGenerations } from './cache/generations.js';
import { createMemoryCache } from './cache/memory-cache.js';
import { type FrontendConfig, type FrontendOptions, readFrontendConfig } from './config.js';
import { assertSecureContext } from './decrypt.js';
import type { GetImageOptions } from './fetching/demand.js';
import { createEndpoint, type EndpointOptions } from './fetching/endpoint.js';
import { type AnyFetcher, fetchPayload } from './fetching/fetch-payload.js';
import { createRequestLine } from './fetching/request-line.js';
import { createImageLoader, type LoadedImage, type PayloadSource } from './load-image.js';
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
  const gate = createErrorGate(options.errorHandlingMode, options.logger);
  const memory = createMemoryCache(options.frontendMemoryCacheBytes);
  const disk = createDiskCache(options);
  const generations = createGenerations();
  const load = createImageLoader({ options, source: chooseSource(options, fetcher), memory, disk, generations });
  let closed = false;

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

  return {
    getImage: (record, context, wish = {}) =>
      unlessAborted(wish, async () => {
        assertOpen();
        assertRecord(record);
        assertSecureContext();
        const begun = options.now();
        const loaded = await load(record, context, wish);
        announce(options, record.id, loaded, begun);
        return loaded.image;
      }),

    deleteCachedImage: (id) =>
      gate.runAsync(async () => {
        assertOpen();
        assertImageId(id);
        generations.end(id);
        const wasInMemory = memory.remove(id);
        return (await disk.remove(id)) || wasInMemory;
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
        generations.endAll();
        memory.clear();
        await disk.clear();
      });
    },

    close() {
      closed = true;
      generations.endAll();
      memory.clear();
      disk.close();
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
