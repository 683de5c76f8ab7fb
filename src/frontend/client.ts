import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../types/index.js';
import { createDiskCache, type DiskCacheOptions } from './cache/disk-cache.js';
import { createMemoryCache } from './cache/memory-cache.js';
import { createTabChannel } from './cache/other-tabs.js';
import { createGenerations, type GenerationOptions } from './loading/generations.js';
import type { ImageLoadInfo } from './loading/load-info.js';
import { createObjectUrls, type ImageUrl } from './loading/object-urls.js';
import type { ObserverParts } from './loading/observe.js';
import type { Observers } from './loading/observers.js';
import { assertImageId, assertRecord, assertRecords } from './loading/record.js';
import type { ShownImage } from './loading/show-image.js';
import type { GetImageOptions } from './network/demand.js';
import type { PayloadSource } from './network/payload-source.js';

/** What one tier holds, and how many images it gave since the frontend was made. */
export interface TierStats {
  entries: number;
  bytes: number;
  hits: number;
}

/** What `cacheStats` tells. */
export interface CacheStats {
  /** Decrypted images. */
  memory: TierStats;
  /** `entries` and `bytes` are 0 where the browser gives no storage. */
  disk: TierStats;
  /** Images that were fetched, and their size. */
  network: Omit<TierStats, 'entries'>;
}

/** How `clearImageCache` goes about it. */
export interface ClearOptions {
  /**
   * URLs that are shown stay until they are released, and calls under way give their pictures, which are not kept: for
   * an application that only wants its cache empty. Default false.
   */
  keepShown?: boolean | undefined;
}

/** What a client goes by. */
export interface ClientOptions extends DiskCacheOptions, GenerationOptions {
  /** Told about every image that was loaded; what it throws is logged and goes no further. */
  onImageLoad?: (info: ImageLoadInfo) => void;
  /** The clock, in milliseconds. Default: the wall clock, with the resolution of `performance.now()`. */
  now: () => number;
}

export interface ClientParts {
  options: ClientOptions;
  source: PayloadSource;
  /** The cache was cleared, here or in another tab; told before anything else happens. */
  onLogout(): void;
  /** Told what a subscriber of an observer threw, or rejected with. */
  onSubscriberFailed(error: unknown): void;
}

/**
 * Makes what does the work of a frontend: loads images, keeps and forgets them, and shows them. It throws what goes wrong,
 * and an aborted signal's reason; what becomes of that is the affair of whoever calls it.
 */
export type Client = ReturnType<typeof createClient>;

export function createClient({ options, source, onLogout, onSubscriberFailed }: ClientParts) {
  const memory = createMemoryCache(options);
  const disk = createDiskCache(options, () => logOut());
  const urls = createObjectUrls();
  const generations = createGenerations({
    options,
    source,
    memory,
    disk,
    onArrival: (id, image) => observers?.arrived(id, image),
  });
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
  // What was shown since the frontend was made, and the size of what was fetched for it.
  const hits = { memory: 0, disk: 0, network: 0 };
  let fetchedBytes = 0;
  let observers: Observers | undefined;
  let closed = false;

  /** Keeps nothing in memory, nor of what is on its way. Calls under way go on, unless there is an error for them. */
  function forgetAll(error?: PixstoreError): void {
    generations.next(error);
    memory.remove();
  }

  /** Keeps an image with its variants, or a variant, neither in memory nor when it is on its way. Was it in memory? */
  function forget(id: string): boolean {
    generations.current().generation.deleted(id);
    return memory.remove(id);
  }

  /** The cache was cleared, here or in another tab. */
  function logOut(keepShown = false): void {
    onLogout();
    if (keepShown) {
      forgetAll();
      return;
    }
    const error = new PixstoreError('CACHE_CLEARED', 'The cache was cleared meanwhile: ask for the image again.');
    forgetAll(error);
    showNothing(error);
  }

  /** What was shown is gone; whoever observes it is told why. */
  function showNothing(why: PixstoreError): void {
    urls.revokeAll();
    // Last: what they do about it belongs to the time afterwards.
    observers?.end(why);
  }

  /** What a call begins with. */
  function begin({ signal }: GetImageOptions = {}): void {
    signal?.throwIfAborted();
    if (closed) throw closedError();
  }

  /** Finds an image that is about to be shown, and counts it. */
  async function find(record: ImageRecord, context?: unknown, call: GetImageOptions = {}): Promise<ShownImage> {
    begin(call);
    assertLoadable(record);
    const begun = options.now();
    const shown = await generations.current().show(record, context, call);
    count(record, shown, begun);
    return shown;
  }

  /** Counts an image that is about to be shown, and tells of it. @param begun - when it was asked for */
  function count({ id }: ImageRecord, { token, source, image }: ShownImage, begun = options.now()): void {
    const bytes = image.size;
    hits[source] += 1;
    if (source === 'network') fetchedBytes += bytes;
    options.onImageLoad?.({ id, token, source, bytes, milliseconds: options.now() - begun });
  }

  /** Finds an image in memory, and counts nothing. */
  function findInMemory(record: ImageRecord): ShownImage | undefined {
    begin();
    assertLoadable(record);
    return generations.current().peek(record);
  }

  async function get(record: ImageRecord, context?: unknown, call?: GetImageOptions): Promise<Blob> {
    return (await find(record, context, call)).image;
  }

  return {
    get,

    /** Many at once; each may fail alone. */
    getAll(records: readonly ImageRecord[], context?: unknown, call?: GetImageOptions): Promise<Blob>[] {
      begin(call);
      assertRecords(records);
      return records.map((record) => get(record, context, call));
    },

    async getUrl(record: ImageRecord, context?: unknown, call?: GetImageOptions): Promise<ImageUrl> {
      const { generation } = generations.current();
      const { version, image } = await find(record, context, call);
      // The frontend may be closed by now, or the cache cleared.
      begin();
      generation.signal.throwIfAborted();
      return urls.hold(version, image);
    },

    peek: (record: ImageRecord): Blob | undefined => findInMemory(record)?.image,

    /** Keeps images that will be wanted; one that fails is left out. */
    async prefetch(records: readonly ImageRecord[], context?: unknown, call?: GetImageOptions): Promise<void> {
      const atOnce = 32;
      begin(call);
      assertRecords(records);
      const { generation, load } = generations.current();
      const mayKeep = generation.watch();
      const waiting = records.slice();

      async function prefetchOne(record: ImageRecord): Promise<void> {
        assertLoadable(record);
        if (mayKeep(record.id)) await load(record, context, { ...call, priority: 'low' });
      }

      // After a logout, and when the frontend is closed, nothing of it would be kept.
      while (waiting.length > 0 && !generation.isOver()) {
        call?.signal?.throwIfAborted();
        await Promise.allSettled(waiting.splice(0, atOnce).map(prefetchOne));
      }
      generation.signal.throwIfAborted();
    },

    /** Removes an image with its variants, or a variant, and says whether there was anything. */
    async forget(id: string): Promise<boolean> {
      begin();
      assertImageId(id);
      const wasInMemory = forget(id);
      // Told afterwards: a tab that is quicker would leave nothing on disk for us to find.
      const removal = disk.remove(id).finally(() => tabs.tellDelete(id));
      observers?.deleted(id, removal);
      return (await removal) || wasInMemory;
    },

    async has(id: string): Promise<boolean> {
      begin();
      assertImageId(id);
      return memory.has(id) || disk.has(id);
    },

    async stats(): Promise<CacheStats> {
      begin();
      return {
        memory: { hits: hits.memory, ...memory.usage() },
        disk: { hits: hits.disk, entries: 0, bytes: 0, ...(await disk.usage()) },
        network: { hits: hits.network, bytes: fetchedBytes },
      };
    },

    async clear(call?: ClearOptions): Promise<void> {
      begin();
      // Whatever an event or a promise hands to it, it is a logout.
      const keepShown = call?.keepShown === true;
      logOut(keepShown);
      const number = disk.beginLogout();
      tabs.tellLogout({ number, keepShown });
      await disk.clear(number);
    },

    /** The observers of this client, the same ones each time: a page that only gets images loads nothing of them. */
    observersBy(create: (parts: ObserverParts) => Observers): Observers {
      observers ??= create({
        findInMemory,
        find,
        count,
        toShown: (id, image) => generations.current().toShown(id, image),
        hold: urls.hold,
        onSubscriberFailed,
      });
      return observers;
    },

    close(): void {
      closed = true;
      tabs.close();
      disk.close();
      forgetAll();
      showNothing(closedError());
    },
  };
}

function closedError(): PixstoreError {
  return new PixstoreError('FRONTEND_CLOSED', 'The frontend was closed: make another one.');
}

/** @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT` */
function assertLoadable(record: ImageRecord): void {
  assertRecord(record);
  if (globalThis.crypto?.subtle) return;
  throw new PixstoreError('INSECURE_CONTEXT', 'The page needs HTTPS, or localhost.');
}
