import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../types/index.js';
import { createDiskCache, type DiskCacheOptions } from './cache/disk-cache.js';
import { createMemoryCache } from './cache/memory-cache.js';
import { createTabChannel } from './cache/other-tabs.js';
import type { Shown } from './loading/cache-stats.js';
import { createGenerations, type GenerationOptions } from './loading/generations.js';
import type { ImageLoadInfo } from './loading/load-info.js';
import { createObjectUrls, type GetImageUrlOptions, type ImageUrl } from './loading/object-urls.js';
import type { Observers } from './loading/observers.js';
import { assertImageId, assertLoadable, assertRecords, type Records, toBase64 } from './loading/record.js';
import type { ShownImage } from './loading/show-image.js';
import type { GetImageOptions } from './network/demand.js';
import type { PayloadSource } from './network/payload-source.js';

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
  onLogout(keepShown: boolean): void;
}

/**
 * Makes what does the work of a frontend: loads images, keeps and forgets them, and shows them. It throws what goes wrong,
 * and an aborted signal's reason; what becomes of that is the affair of whoever calls it.
 */
export type Client = ReturnType<typeof createClient>;

export function createClient({ options, source, onLogout }: ClientParts) {
  const memory = createMemoryCache(options);
  const disk = createDiskCache(options, () => logOut());
  const urls = createObjectUrls();
  const generations = createGenerations({
    options,
    source,
    memory,
    disk,
    onArrival: (id, image) => watching.observers?.arrived(id, image),
  });
  const tabs = createTabChannel(options.frontendDbName, {
    onDelete(id) {
      forget(id);
      const removal = disk.drop(id);
      watching.observers?.deleted(id, removal);
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
  const shown: Shown = {};
  // Set by whoever observes: a page that only gets images loads nothing of it.
  const watching: { observers?: Observers } = {};
  let isRetired = false;
  let isClosed = false;

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
    onLogout(keepShown);
    if (keepShown) {
      forgetAll();
      return;
    }
    const error = new PixstoreError('CACHE_CLEARED', 'The cache was cleared: ask again.');
    forgetAll(error);
    showNothing(error);
  }

  /** What was shown is gone; whoever observes it is told why. */
  function showNothing(why: PixstoreError): void {
    urls.revokeAll();
    // Last: what they do about it belongs to the time afterwards.
    watching.observers?.end(why);
  }

  /** Takes no more calls. Those under way go on, and what is shown stays until it is released, or `logOut` is called. */
  function retire(): void {
    isRetired = true;
    tabs.close();
    disk.close();
    forgetAll();
  }

  /** What a call begins with. */
  function begin({ signal }: GetImageOptions = {}): void {
    signal?.throwIfAborted();
    if (isRetired) throw closedError();
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
  function count(
    { id }: ImageRecord,
    { token, source, image }: Pick<ShownImage, 'token' | 'source'> & { image: { size: number } },
    begun = options.now(),
  ): void {
    const bytes = image.size;
    shown[source] ??= { hits: 0, bytes: 0 };
    shown[source].hits += 1;
    shown[source].bytes += bytes;
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

    // For what a page loads only when it uses it.
    begin,
    current: generations.current,
    find,
    findInMemory,
    count,
    hold: urls.hold,
    watching,
    memory,
    disk,
    shown,

    /** Many at once; each may fail alone, and there is none for null. */
    getAll(records: Records, context?: unknown, call?: GetImageOptions): (Promise<Blob> | null)[] {
      begin(call);
      assertRecords(records);
      return records.map((record) => (record === null ? null : get(record, context, call)));
    },

    async getUrl(record: ImageRecord, context?: unknown, call?: GetImageUrlOptions): Promise<ImageUrl> {
      const { generation } = generations.current();
      const { version, image } = await find(record, context, call);
      const bytes = image.size <= (call?.inlineImageBytes ?? 0) && new Uint8Array(await image.arrayBuffer());
      // The frontend may be closed by now, or the cache cleared, or nobody waits any more.
      if (isClosed) throw closedError();
      generation.signal.throwIfAborted();
      call?.signal?.throwIfAborted();
      if (!bytes) return urls.hold(version, image);
      return { url: `data:${image.type};base64,${toBase64(bytes)}`, release() {} };
    },

    /** Removes an image with its variants, or a variant, and says whether there was anything. */
    async forget(id: string): Promise<boolean> {
      begin();
      assertImageId(id);
      const wasInMemory = forget(id);
      // Told afterwards: a tab that is quicker would leave nothing on disk for us to find.
      const removal = disk.remove(id).finally(() => tabs.tell(id));
      watching.observers?.deleted(id, removal);
      return (await removal) || wasInMemory;
    },

    async has(id: string): Promise<boolean> {
      begin();
      assertImageId(id);
      return memory.has(id) || disk.has(id);
    },

    async clear(call?: ClearOptions): Promise<void> {
      begin();
      // Whatever an event or a promise hands to it, it is a logout.
      const keepShown = call?.keepShown === true;
      logOut(keepShown);
      return disk.clear((number) => tabs.tell({ number, keepShown }));
    },

    logOut,
    retire,

    close(): void {
      retire();
      isClosed = true;
      showNothing(closedError());
    },
  };
}

function closedError(): PixstoreError {
  return new PixstoreError('FRONTEND_CLOSED', 'The frontend was closed: make another one.');
}
