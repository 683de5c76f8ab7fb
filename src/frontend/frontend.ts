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
import { createDefaultFetcher, type EndpointOptions } from './fetching/default-fetcher.js';
import type { AnyFetcher } from './fetching/fetch-payload.js';
import { createImageLoader, type LoadedImage } from './load-image.js';
import { assertRecord } from './record.js';

/** A frontend: what shows private images in a browser. What a failing call does is the option `errorHandlingMode`. */
export interface PixstoreFrontend<Context = unknown> {
  /**
   * Gets an image: from memory, from the disk cache or from the backend, decrypted in memory.
   *
   * @param record - what `getImageRecord` gave your API
   * @param context - handed to a custom fetcher; calls for the same version at the same time share one fetch, with
   * the context of the first
   * @returns the image with its MIME type, or null when it failed in an error mode that does not throw
   * @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT`, `FRONTEND_CLOSED`, `FETCH_FAILED`, `FETCH_TIMEOUT`,
   * `PAYLOAD_INVALID`, `IMAGE_NOT_FOUND`, `PROOF_INVALID`, `PROOF_MISSING`, `ID_MISSING`, `SERVER_FAILED`,
   * `RATE_LIMITED`, `DECRYPTION_FAILED`, `FORMAT_REFUSED`
   *
   * @example
   * const blob = await frontend.getImage(record);
   * if (blob) img.src = URL.createObjectURL(blob);
   */
  getImage(record: ImageRecord, context?: Context): Promise<Blob | null>;

  /**
   * Removes an image from memory and disk, in all tabs; one that is on its way is shown, but not cached any more.
   *
   * @returns whether it was there
   * @throws PixstoreError `IMAGE_ID_INVALID`, `STORAGE_FAILED`, `FRONTEND_CLOSED`
   */
  deleteCachedImage(id: string): Promise<boolean | null>;

  /**
   * Is some version of an image in memory or on disk?
   *
   * @throws PixstoreError `IMAGE_ID_INVALID`, `FRONTEND_CLOSED`
   */
  cachedImageExists(id: string): Promise<boolean | null>;

  /**
   * Removes every image from memory and disk, in all tabs; call it when a user logs out.
   *
   * @throws PixstoreError `STORAGE_FAILED` when the browser refuses, `FRONTEND_CLOSED`
   */
  clearImageCache(): Promise<void>;

  /** Drops what is in memory and lets go of the database. What is cached on disk stays. */
  close(): void;
}

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
  const tabs = createTabChannel(options.frontendDbName, {
    onDelete(id) {
      forget(id);
      void disk.drop(id);
    },
    onClear() {
      forgetAll();
      void disk.drop();
    },
    onReturn: forgetAll,
  });
  const load = createImageLoader({ options, fetcher: chooseFetcher(options, fetcher), memory, disk, generations });
  let closed = false;

  /** In memory; what is on its way is not kept. */
  function forget(id: string): boolean {
    generations.end(id);
    return memory.remove(id);
  }

  function forgetAll(): void {
    generations.endAll();
    memory.clear();
  }

  function assertOpen(): void {
    if (closed) throw new PixstoreError('FRONTEND_CLOSED', 'This frontend was closed: create another one.');
  }

  return {
    getImage: (record, context) =>
      gate.runAsync(async () => {
        assertOpen();
        assertRecord(record);
        assertSecureContext();
        const begun = options.now();
        const loaded = await load(record, context);
        announce(options, record.id, loaded, begun);
        return loaded.image;
      }),

    deleteCachedImage: (id) =>
      gate.runAsync(async () => {
        assertOpen();
        assertImageId(id);
        const wasInMemory = forget(id);
        tabs.tellDelete(id);
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
        forgetAll();
        tabs.tellClear();
        await disk.remove();
      });
    },

    close() {
      closed = true;
      tabs.close();
      disk.close();
      forgetAll();
    },
  };
}

function chooseFetcher(options: FrontendOptions, fetcher: ImageFetcher<never> | undefined): AnyFetcher {
  // readFrontendConfig saw to it that there is a host when there is no fetcher.
  if (!fetcher) return createDefaultFetcher(options as FrontendOptions & EndpointOptions);
  return (record, context) => fetcher(record, context as never);
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
