import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import type { StoreNames } from './schema.js';

/**
 * Notes when images were last used. Hits that come while a note is being written share the next one, so that a page
 * of 500 images costs a few small transactions.
 */
export function createUsageLog(database: CacheDatabase, { usage }: StoreNames, now: () => number) {
  const used = new Map<string, number>();

  const flush = coalesce(async () => {
    const notes = [...used];
    used.clear();
    await database.use('readwrite', [usage], (rows) => {
      for (const [id, lastUsed] of notes) {
        const row = rows.get(id);
        row.onsuccess = () => {
          // Deleted meanwhile: a row made now would stand for an image that is not there.
          if (row.result) rows.put({ ...row.result, lastUsed });
        };
      }
    });
  });

  return {
    /** Takes a note and returns at once. */
    note(id: string): void {
      used.set(id, now());
      void flush();
    },
  };
}
