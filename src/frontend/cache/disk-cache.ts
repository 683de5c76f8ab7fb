import type { FrontendOptions } from '../config.js';
import { type CacheDatabase, createCacheDatabase } from './database.js';
import { createEviction } from './eviction.js';
import { storeNames } from './schema.js';
import { isQuotaError, transact } from './transaction.js';
import { createUsageLog } from './usage.js';

type Contents = Uint8Array<ArrayBuffer> | Blob;

/** The disk tier: images in IndexedDB, that outlive the page. */
export type DiskCache = ReturnType<typeof createDiskCache>;

export function createDiskCache(options: FrontendOptions) {
  const names = storeNames(options);
  const { images, usage } = names;
  const database: CacheDatabase = createCacheDatabase(options.frontendDbName, options.frontendDbVersion, names);
  const usageLog = createUsageLog(database, names, options.now);
  const eviction = createEviction(database, names, options.frontendImageCacheLimit, options.frontendCleanupBatch);

  /** undefined when the database is out of use. */
  function removeRows(id: string): Promise<boolean | undefined> {
    return database.use((open) =>
      transact(open, 'readwrite', [images, usage], async (transaction) => {
        const rows = transaction.objectStore(usage);
        const key = await rows.getKey(id);
        await Promise.all([rows.delete(id), transaction.objectStore(images).delete(id)]);
        return key !== undefined;
      }),
    );
  }

  return {
    /** What is cached of version `token` of an image: ciphertext, or a Blob in a decrypted cache. */
    async read(id: string, token: number): Promise<Contents | undefined> {
      const row = await database.use((open) =>
        transact(open, 'readonly', [images], (transaction) => transaction.objectStore(images).get(id)),
      );
      if (row?.token !== token) return undefined;
      const contents = 'image' in row ? row.image : row.ciphertext;
      // Whoever can run scripts in the page can write into its databases: a Blob in an encrypted cache is a picture that
      // nobody has authenticated.
      if (!(contents instanceof (options.frontendCacheContents === 'decrypted' ? Blob : Uint8Array))) return undefined;
      usageLog.note(id);
      return contents;
    },

    async has(id: string): Promise<boolean> {
      const key = await database.use((open) =>
        transact(open, 'readonly', [usage], (transaction) => transaction.objectStore(usage).getKey(id)),
      );
      return key !== undefined;
    },

    /**
     * Keeps an image, in the background: never throws.
     *
     * @param contents - a Uint8Array must have a buffer of its own, since IndexedDB stores the whole buffer of a view:
     * a view into a payload would take the key along
     * @param mayKeep - asked at the last moment
     */
    async write(id: string, token: number, contents: Contents, mayKeep: () => boolean): Promise<void> {
      const isImage = contents instanceof Blob;
      const size = isImage ? contents.size : contents.byteLength;
      const row = { id, token, size, ...(isImage ? { image: contents } : { ciphertext: contents }) };
      try {
        await database.use(async (open) => {
          if (!mayKeep()) return;
          await transact(open, 'readwrite', [images, usage], async (transaction) => {
            const rows = transaction.objectStore(usage);
            const kept = await rows.get(id);
            // A slow, old answer must not take the place of a newer version.
            if (kept && kept.token > token) return;
            await Promise.all([
              transaction.objectStore(images).put(row),
              rows.put({ id, token, size, lastUsed: options.now() }),
            ]);
          });
        }, true);
        await eviction.run();
      } catch (error) {
        if (isQuotaError(error)) await eviction.makeRoom();
      }
    },

    /**
     * Removes an image and says whether it was there.
     *
     * @throws PixstoreError `STORAGE_FAILED`
     */
    async remove(id: string): Promise<boolean> {
      const removed = await removeRows(id);
      if (removed === undefined) await database.destroy();
      return removed ?? false;
    },

    /** Removes an image of no use any more, in the background: never throws. */
    async drop(id: string): Promise<void> {
      try {
        await removeRows(id);
      } catch {
        // It stays, and whoever reads it next finds out again.
      }
    },

    /**
     * Removes everything.
     *
     * @throws PixstoreError `STORAGE_FAILED`
     */
    async clear(): Promise<void> {
      const cleared = await database.use((open) =>
        transact(open, 'readwrite', [images, usage], async (transaction) => {
          await Promise.all([images, usage].map((name) => transaction.objectStore(name).clear()));
          return true;
        }),
      );
      if (!cleared) await database.destroy();
    },

    close: database.close,
  };
}
