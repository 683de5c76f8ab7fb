import { createCacheDatabase, type DatabaseOptions } from './database.js';
import { countUsage, type DiskUsage } from './disk-usage.js';
import { createEviction, type EvictionOptions } from './eviction.js';
import { createLogouts } from './logouts.js';
import { createReader } from './reads.js';
import { type Contents, type StoreNameOptions, storeNames } from './schema.js';
import type { StoresOf } from './transaction.js';
import { createWriteQueue } from './write-queue.js';

/** The disk tier: images in IndexedDB, that outlive the page. */
export type DiskCache = ReturnType<typeof createDiskCache>;

/** What was cached of an image. */
export interface CachedImage {
  /** In a decrypted cache plaintext. */
  is: keyof Contents;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Where images are kept on disk, how many, and as what. */
export interface DiskCacheOptions extends DatabaseOptions, StoreNameOptions, EvictionOptions {}

/** @param onMissedLogout - another tab cleared the cache, and this one was not told */
export function createDiskCache(options: DiskCacheOptions, onMissedLogout: () => void = () => {}) {
  const database = createCacheDatabase(options, storeNames(options));
  const logouts = createLogouts({ database, onMissed: onMissedLogout, now: options.now });
  const readRow = createReader(database);
  const eviction = createEviction(database, options);
  const queue = createWriteQueue({ database, logouts, eviction, now: options.now });
  const kept = options.frontendCacheContents === 'decrypted' ? 'plaintext' : 'ciphertext';
  void logouts.look();

  /** Removes an image with its variants, or a variant, and says whether there was anything; undefined when it could not. */
  async function removeImage(id: string): Promise<boolean | undefined> {
    const waited = queue.remove(id);
    // "." and the "/" after it stand nowhere else in an id: between them lie the variants of an image, and nothing else.
    const isOnDisk = await removeRows(() => [id, IDBKeyRange.bound(`${id}.`, `${id}/`)]);
    return isOnDisk === undefined ? undefined : waited || isOnDisk;
  }

  /** Removes rows of images and says whether there were any; undefined when that could not be done. */
  async function removeRows(keys: () => (string | IDBKeyRange)[]): Promise<boolean | undefined> {
    const found = await database
      .use('readwrite', ['usage', 'images'], ({ usage, images }) =>
        keys().map((key) => {
          const first = images.getKey(key);
          usage.delete(key);
          images.delete(key);
          return first;
        }),
      )
      .catch(() => undefined);
    return found?.some(({ result }) => result !== undefined);
  }

  /** In a transaction. */
  function clearImages({ usage, images }: StoresOf<'usage' | 'images'>): void {
    usage.clear();
    images.clear();
  }

  /** Removes all images; undefined when that could not be done. */
  function removeAll(logout: number): Promise<true | undefined> {
    queue.removeAll();
    return database
      .use('readwrite', ['usage', 'logouts', 'images'], (stores) => {
        clearImages(stores);
        logouts.put(stores.logouts, logout);
        // Users who log out are sent to another page: this must not wait for anything that this one does.
        stores.logouts.transaction.commit?.();
        return true as const;
      })
      .catch(() => undefined);
  }

  return {
    /**
     * What is cached of version `token` of an image.
     *
     * @param mayKeep - false when it was deleted while it was read: then its use is not noted
     */
    async read(
      id: string,
      token: number,
      mayKeep: (id: string) => boolean = () => true,
    ): Promise<CachedImage | undefined> {
      const waits = queue.get(id);
      const isWaiting = waits?.token === token;
      const row = isWaiting ? waits : await readRow(id);
      if (!row) return undefined;
      if (mayKeep(id)) queue.add(row, isWaiting); // another version too: so that an older one does not take its place
      // Whoever can run scripts in the page can write into its databases: a plaintext in an encrypted cache is a picture
      // that nobody has authenticated.
      const bytes = row[kept];
      return row.token === token && bytes instanceof Uint8Array ? { is: kept, bytes } : undefined;
    },

    async has(id: string): Promise<boolean> {
      if (queue.get(id)) return true;
      const key = await database.use('readonly', ['images'], ({ images }) => images.getKey(id));
      return key?.result !== undefined;
    },

    /**
     * Keeps an image, in the background: never throws.
     *
     * @param contents - each in a buffer of its own, since IndexedDB stores the whole buffer of a view: a view into a
     * payload would take the key along
     */
    write(id: string, token: number, contents: Contents): void {
      const size = contents.plaintext.length - 1; // without the format's byte
      if (size > (options.frontendCacheBytes ?? size) || !database.isUsable()) return;
      queue.add({ id, token, size, [kept]: contents[kept] }, true);
    },

    /**
     * Removes an image with its variants, or a variant, and says whether there was anything.
     *
     * @throws PixstoreError `STORAGE_FAILED`
     */
    async remove(id: string): Promise<boolean> {
      const removed = await removeImage(id);
      if (removed === undefined) await database.remove();
      return removed ?? false;
    },

    /** The same in the background: never throws, and does not insist. */
    drop: removeImage,

    /** The same for the original of an image alone, or a variant. */
    removePart(id: string): void {
      queue.removePart(id);
      void removeRows(() => [id]);
    },

    /**
     * Removes all images, for a logout; tabs that are not told find out.
     *
     * @throws PixstoreError `STORAGE_FAILED`
     */
    async clear(tell: (logout: number) => void): Promise<void> {
      const logout = logouts.begin();
      tell(logout);
      if (await removeAll(logout)) return;
      await database.remove();
      await removeAll(logout);
    },

    /** Finishes the logout of another tab, which may be gone before it came to it; never throws. */
    async finishLogout(logout: number): Promise<void> {
      queue.removeAll();
      logouts.learn(logout);
      await database
        .use('readwrite', ['usage', 'logouts', 'images'], (stores) => {
          logouts.complete(stores.logouts, logout, () => clearImages(stores));
          return true as const;
        })
        .catch(() => undefined);
    },

    /** Looks whether another tab cleared the cache; resolves with false when nobody can tell. */
    look: logouts.look,

    /** Writes nothing of what waits. */
    dropWaiting: queue.removeAll,

    /** What it holds, in all tabs; undefined when the database is of no use. */
    usage: (): Promise<DiskUsage | undefined> => countUsage(database),

    close(): void {
      queue.close();
      database.close();
    },
  };
}
