import { alwaysThrowing, handleError } from '../shared/errors/gate.js';
import { forgetLastError } from '../shared/errors/last-error.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { isImageId } from '../shared/protocol/image-id.js';
import type { ImageFetcher, ImageRecord } from '../types/index.js';
import { createDiskCache } from './cache/disk-cache.js';
import { createGeneration } from './cache/generation.js';
import { createMemoryCache } from './cache/memory-cache.js';
import { createTabChannel } from './cache/other-tabs.js';
import { guardCallbacks, logFailure } from './callbacks.js';
import { type FrontendConfig, type FrontendOptions, readFrontendConfig } from './config.js';
import type { GetImageOptions } from './fetching/demand.js';
import { createEndpoint, type EndpointOptions } from './fetching/endpoint.js';
import { type AnyFetcher, createFetch } from './fetching/fetch-payload.js';
import { createRequestLine } from './fetching/request-line.js';
import { createImageLoader, type LoadedImage, type PayloadSource } from './load-image.js';
import { createObjectUrls } from './object-urls.js';
import type { ObserverParts } from './observe.js';
import type { Observers } from './observers.js';
import type { PixstoreFrontend } from './public-api.js';
import { assertRecord } from './record.js';
import { createImageShower, type ShownImage } from './show-image.js';

/** A frontend, and what makes its observers: a page that only gets images loads nothing of those. */
export interface CreatedFrontend<Context> {
  frontend: PixstoreFrontend<Context>;
  /** The same ones each time. */
  observersBy(create: (parts: ObserverParts) => Observers): Observers;
}

/** @throws PixstoreError `CONFIG_INVALID`, in every error mode */
export function createFrontend<Context = unknown>(
  config?: FrontendConfig,
  fetcher?: ImageFetcher<Context>,
): CreatedFrontend<Context> {
  const options = guardCallbacks(alwaysThrowing(() => readFrontendConfig(config, fetcher)));
  const memory = createMemoryCache(options.frontendMemoryCacheBytes);
  const disk = createDiskCache(options, () => logOut());
  const source: PayloadSource = fetcher
    ? createFetch(fetcher as AnyFetcher, options.fetchTimeout)
    : // readFrontendConfig saw to it that there is a host when there is no fetcher.
      createRequestLine(createEndpoint(options as FrontendOptions & EndpointOptions), options.fetchTimeout);
  const urls = createObjectUrls();
  let observers: Observers | undefined;
  const tabs = createTabChannel(options.frontendDbName, {
    onDelete(id) {
      forget(id);
      const removal = disk.drop(id);
      observers?.deleted(id, removal);
    },
    onLogout({ number, keepShown }) {
      logOut(keepShown);
      void disk.finishLogout(number);
    },
    async onReturn() {
      // It may also have slept through the deletion of a single image.
      forgetAll();
      disk.dropWaiting();
      if (!(await disk.look())) logOut();
    },
    onLook: () => void disk.look(),
  });
  // What each tier gave since the frontend was made.
  const given = { memory: { hits: 0, bytes: 0 }, disk: { hits: 0, bytes: 0 }, network: { hits: 0, bytes: 0 } };
  // Ends calls under way: of this generation, and of those before it whose calls were left to go on.
  let calls = new AbortController();
  let current = beginGeneration();
  let closed = false;

  function onArrival(id: string, image: LoadedImage): void {
    observers?.arrived(id, image);
  }

  /** All that calls between two logouts share, but for the caches. */
  function beginGeneration() {
    const generation = createGeneration(calls.signal);
    const load = createImageLoader({ options, source, memory, disk, onArrival }, generation);
    const shower = createImageShower({ options, memory, load, generation });
    return { generation, load, ...shower };
  }

  /** Keeps nothing in memory, nor of what is on its way. Calls under way go on. */
  function forgetAll(): void {
    current.generation.end();
    current = beginGeneration();
    memory.remove();
  }

  /** The cache was cleared, here or in another tab. */
  function logOut(keepShown = false): void {
    forgetLastError();
    if (keepShown) {
      forgetAll();
      return;
    }
    const error = new PixstoreError('CACHE_CLEARED', 'The cache was cleared meanwhile.');
    calls.abort(error);
    calls = new AbortController();
    showNothing(error);
  }

  /** What was shown is gone; whoever observes it is told why. */
  function showNothing(why: PixstoreError): void {
    urls.revokeAll();
    forgetAll();
    // Last: what they do about it belongs to the time afterwards.
    observers?.end(why);
  }

  /** Keeps an image with its variants, or a variant, neither in memory nor when it is on its way. Was it in memory? */
  function forget(id: string): boolean {
    current.generation.deleted(id);
    return memory.remove(id);
  }

  function assertOpen(): void {
    if (closed) throw closedError();
  }

  /** What every asynchronous method does its work in. */
  async function run<Result>(
    work: () => Result | Promise<Result>,
    { signal }: GetImageOptions = {},
  ): Promise<Result | null> {
    try {
      signal?.throwIfAborted();
      assertOpen();
      return await work();
    } catch (error) {
      // An abort is no failure: it passes every error mode, and is neither logged nor remembered.
      signal?.throwIfAborted();
      return handleError(error, options);
    }
  }

  /** Finds an image that is about to be shown, and counts it. */
  async function find(record: ImageRecord, context: unknown, wish: GetImageOptions = {}): Promise<ShownImage> {
    assertOpen();
    assertLoadable(record);
    const begun = options.now();
    const shown = await current.show(record, context, wish);
    count(record, shown, begun);
    return shown;
  }

  /** Finds an image in memory, and counts nothing. */
  function findAtOnce(record: ImageRecord): ShownImage | undefined {
    assertOpen();
    assertLoadable(record);
    return current.peek(record);
  }

  /** Counts an image that is about to be shown, and tells of it. @param begun - when it was asked for */
  function count({ id }: ImageRecord, { token, source, image }: ShownImage, begun = options.now()): void {
    const bytes = image.size;
    given[source].hits += 1;
    given[source].bytes += bytes;
    options.onImageLoad?.({ id, token, source, bytes, milliseconds: options.now() - begun });
  }

  async function getImage(record: ImageRecord, context?: unknown, wish?: GetImageOptions): Promise<Blob | null> {
    return (await run(() => find(record, context, wish), wish))?.image ?? null;
  }

  const frontend: PixstoreFrontend<Context> = {
    getImage,

    getImages: (records, context, wish) =>
      run(() => Promise.all(assertList(records).map((record) => getImage(record, context, wish))), wish),

    async getImageUrl(record, context, wish) {
      const { generation } = current;
      const shown = await run(() => find(record, context, wish), wish);
      // Work of its own: the frontend may be closed by now, or the cache cleared.
      return (
        shown &&
        run(() => {
          generation.signal.throwIfAborted();
          return urls.hold(shown.version, shown.image);
        })
      );
    },

    peek(record) {
      try {
        return findAtOnce(record)?.image;
      } catch (error) {
        handleError(error, options);
        return undefined;
      }
    },

    async prefetchImages(records, context, wish) {
      const atOnce = 32;
      await run(async () => {
        const { generation, load } = current;
        const lastDeletion = generation.lastDeletion();
        const waiting = assertList(records).slice();
        // After a logout nothing of it would be kept.
        while (waiting.length > 0 && !closed && !generation.isOver()) {
          wish?.signal?.throwIfAborted();
          const some = waiting.splice(0, atOnce);
          await Promise.allSettled(
            some.map(async (record) => {
              assertLoadable(record);
              // It was deleted meanwhile: nothing of it would be kept.
              if (generation.lastDeletionOf(record.id) > lastDeletion) return;
              await load(record, context, { ...wish, priority: 'low' });
            }),
          );
        }
        generation.signal.throwIfAborted();
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
        const removal = disk.remove(id).finally(() => tabs.tellDelete(id));
        observers?.deleted(id, removal);
        return (await removal) || wasInMemory;
      }),

    cachedImageExists: (id) =>
      run(() => {
        assertImageId(id);
        return memory.has(id) || disk.has(id);
      }),

    async clearImageCache(wish) {
      // Whatever an event or a promise hands to it, it is a logout.
      const keepShown = wish?.keepShown === true;
      await run(async () => {
        logOut(keepShown);
        const number = disk.beginLogout();
        tabs.tellLogout({ number, keepShown });
        await disk.clear(number);
      });
    },

    close() {
      closed = true;
      tabs.close();
      disk.close();
      showNothing(closedError());
    },
  };

  return {
    frontend,
    observersBy(create) {
      observers ??= create({
        findAtOnce,
        find,
        count,
        toShown: (id, image) => current.toShown(id, image),
        hold: urls.hold,
        onSubscriberFailed: logFailure('A subscriber', options.logger),
      });
      return observers;
    },
  };
}

function closedError(): PixstoreError {
  return new PixstoreError('FRONTEND_CLOSED', 'The frontend was closed.');
}

/** @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT` */
function assertLoadable(record: ImageRecord): void {
  assertRecord(record);
  if (!globalThis.crypto?.subtle) throw new PixstoreError('INSECURE_CONTEXT', 'The page needs HTTPS, or localhost.');
}

function assertImageId(id: unknown): void {
  if (isImageId(id)) return;
  throw new PixstoreError('IMAGE_ID_INVALID', 'This takes the "id" of a record.');
}

function assertList(records: readonly ImageRecord[]): readonly ImageRecord[] {
  if (Array.isArray(records)) return records;
  throw new PixstoreError('RECORD_INVALID', 'This takes a list of records.');
}
