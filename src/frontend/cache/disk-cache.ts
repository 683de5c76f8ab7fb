import type { FrontendOptions } from '../config.js';
import { createCacheDatabase } from './database.js';
import { countUsage, type DiskUsage } from './disk-usage.js';
import { createEviction } from './eviction.js';
import { createReader } from './reads.js';
import { type Contents, storeNames } from './schema.js';
import { createWriteQueue } from './write-queue.js';

/** The disk tier: images in IndexedDB, that outlive the page. */
export type DiskCache = ReturnType<typeof createDiskCache>;

export function createDiskCache(options: FrontendOptions) {
  const names = storeNames(options);
  const [, images] = names;
  const database = createCacheDatabase(options.frontendDbName, options.frontendDbVersion, names);
  const readRow = createReader(database, names);
  const queue = createWriteQueue(database, names, createEviction(database, names, options), options.now);

  const isPlain = options.frontendCacheContents === 'decrypted';
  const field = isPlain ? 'image' : 'ciphertext';

  /** Removes an image, or all, and says whether there was any; undefined when that could not be done. */
  async function removeRows(id?: string): Promise<boolean | undefined> {
    const waited = queue.remove(id);
    const key = await database
      .use('readwrite', names, (usageRows, imageRows) => {
        const which = id ?? IDBKeyRange.lowerBound(-Infinity);
        const found = imageRows.getKey(which);
        usageRows.delete(which);
        imageRows.delete(which);
        return found;
      })
      .catch(() => undefined);
    return key && (waited || key.result !== undefined);
  }

  return {
    /** What is cached of version `token` of an image: ciphertext, or a Blob in a decrypted cache. */
    async read(id: string, token: number): Promise<Contents[keyof Contents]> {
      const waits = queue.get(id);
      const isWaiting = waits?.token === token;
      const row = isWaiting ? waits : await readRow(id);
      if (!row) return undefined;
      queue.add(row, isWaiting); // another version too: so that an older one does not take its place
      const contents = row[field];
      // Whoever can run scripts in the page can write into its databases: a Blob in an encrypted cache is a picture that
      // nobody has authenticated.
      return row.token === token && contents instanceof (isPlain ? Blob : Uint8Array) ? contents : undefined;
    },

    async has(id: string): Promise<boolean> {
      if (queue.get(id)) return true;
      const key = await database.use('readonly', [images], (rows) => rows.getKey(id));
      return key?.result !== undefined;
    },

    /**
     * Keeps an image, in the background: never throws.
     *
     * @param contents - the ciphertext must have a buffer of its own, since IndexedDB stores the whole buffer of a view: a
     * view into a payload would take the key along
     */
    write(id: string, token: number, contents: Required<Contents>): void {
      const { size } = contents.image;
      if (size > (options.frontendCacheBytes ?? size) || !database.isUsable()) return;
      queue.add({ id, token, size, [field]: contents[field] }, true);
    },

    /**
     * Removes an image, or all, and says whether there was any.
     *
     * @throws PixstoreError `STORAGE_FAILED`
     */
    async remove(id?: string): Promise<boolean> {
      const removed = await removeRows(id);
      if (removed === undefined) await database.remove();
      return removed ?? false;
    },

    /** Removes an image, or all, in the background: never throws, and does not insist. */
    drop: removeRows,

    /** Writes nothing of what waits. */
    dropWaiting: queue.remove,

    /** What it holds, in all tabs; undefined when the database is of no use. */
    usage: (): Promise<DiskUsage | undefined> => countUsage(database, names),

    close(): void {
      queue.close();
      database.close();
    },
  };
}
