import type { FrontendOptions } from '../config.js';
import { type CacheDatabase, createCacheDatabase } from './database.js';
import { createEviction } from './eviction.js';
import { createReader } from './reads.js';
import { type ImageRow, storeNames } from './schema.js';
import { isQuotaError } from './transaction.js';
import { createUsageLog } from './usage.js';

type Contents = Uint8Array<ArrayBuffer> | Blob;

/** The disk tier: images in IndexedDB, that outlive the page. */
export type DiskCache = ReturnType<typeof createDiskCache>;

export function createDiskCache(options: FrontendOptions) {
  const names = storeNames(options);
  const { images, usage } = names;
  const database: CacheDatabase = createCacheDatabase(options.frontendDbName, options.frontendDbVersion, names);
  const readRow = createReader(database, names);
  const usageLog = createUsageLog(database, names, options.now);
  const eviction = createEviction(database, names, options.frontendImageCacheLimit, options.frontendCleanupBatch);

  /** undefined when the database is out of use. */
  async function removeRows(id: string): Promise<boolean | undefined> {
    const key = await database.use('readwrite', [images, usage], (imageRows, usageRows) => {
      const found = usageRows.getKey(id);
      imageRows.delete(id);
      usageRows.delete(id);
      return found;
    });
    return key && key.result !== undefined;
  }

  return {
    /** What is cached of version `token` of an image: ciphertext, or a Blob in a decrypted cache. */
    async read(id: string, token: number): Promise<Contents | undefined> {
      const row = await readRow(id);
      if (row?.token !== token) return undefined;
      const contents = 'image' in row ? row.image : row.ciphertext;
      // Whoever can run scripts in the page can write into its databases: a Blob in an encrypted cache is a picture that
      // nobody has authenticated.
      if (!(contents instanceof (options.frontendCacheContents === 'decrypted' ? Blob : Uint8Array))) return undefined;
      usageLog.note(id);
      return contents;
    },

    async has(id: string): Promise<boolean> {
      const key = await database.use('readonly', [usage], (rows) => rows.getKey(id));
      return key?.result !== undefined;
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
      const row: ImageRow = { id, token, size, ...(isImage ? { image: contents } : { ciphertext: contents }) };
      try {
        await database.use(
          'readwrite',
          [images, usage],
          (imageRows, usageRows) => {
            if (!mayKeep()) return;
            const kept = usageRows.get(id);
            kept.onsuccess = () => {
              // A slow, old answer must not take the place of a newer version.
              if (kept.result && kept.result.token > token) return;
              imageRows.put(row);
              usageRows.put({ id, token, size, lastUsed: options.now() });
            };
          },
          true,
        );
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
      const cleared = await database.use('readwrite', [images, usage], (...stores) => {
        for (const store of stores) store.clear();
        return true;
      });
      if (!cleared) await database.destroy();
    },

    close: database.close,
  };
}
