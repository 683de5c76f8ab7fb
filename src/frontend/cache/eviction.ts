import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import type { StoreNames } from './schema.js';

/**
 * Removes the least recently used images, `batch` at a time, until there are at most `limit`. It goes by the usage
 * rows and reads no image bytes.
 */
export function createEviction(database: CacheDatabase, { images, usage }: StoreNames, limit: number, batch: number) {
  let short = false;

  /** Removes one batch when there are more than `most` images, and says whether there still are. */
  async function evictBatch(most: number): Promise<boolean> {
    let more = false;
    await database.use('readwrite', [images, usage], (imageRows, usageRows) => {
      const count = usageRows.count();
      const oldest = usageRows.index('lastUsed').getAllKeys(null, batch);
      oldest.onsuccess = () => {
        more = count.result - oldest.result.length > most;
        if (count.result <= most) return;
        for (const id of oldest.result) {
          usageRows.delete(id);
          imageRows.delete(id);
        }
      };
    });
    return more;
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
