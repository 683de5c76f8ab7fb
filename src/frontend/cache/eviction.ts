import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import type { StoreNames } from './schema.js';
import { transact } from './transaction.js';

/**
 * Removes the least recently used images, `batch` at a time, until there are at most `limit`. It goes by the usage
 * rows and reads no image bytes.
 */
export function createEviction(database: CacheDatabase, { images, usage }: StoreNames, limit: number, batch: number) {
  let short = false;

  /** Removes one batch when there are more than `most` images, and says whether there still are. */
  async function evictBatch(most: number): Promise<boolean> {
    const more = await database.use((open) =>
      transact(open, 'readwrite', [images, usage], async (transaction) => {
        const rows = transaction.objectStore(usage);
        const count = await rows.count();
        if (count <= most) return false;
        const oldest = await rows.index('lastUsed').getAllKeys(null, batch);
        await Promise.all(oldest.flatMap((id) => [rows.delete(id), transaction.objectStore(images).delete(id)]));
        return count - oldest.length > most;
      }),
    );
    return more ?? false;
  }

  const run = coalesce(async () => {
    if (short) {
      short = false;
      await evictBatch(0);
    }
    while (await evictBatch(limit));
  });

  return {
    /** Brings the cache under its limit, in the background. */
    run,

    /** The browser has no more room: removes a batch even below the limit, so that the next image fits. */
    makeRoom(): Promise<void> {
      short = true;
      return run();
    },
  };
}
