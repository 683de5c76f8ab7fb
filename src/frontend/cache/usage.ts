import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import type { StoreNames } from './schema.js';
import { transact } from './transaction.js';

/**
 * Notes when images were last used. Hits that come while a note is being written share the next one, so that a page
 * of 500 images costs a few small transactions.
 */
export function createUsageLog(database: CacheDatabase, { usage }: StoreNames, now: () => number) {
  const used = new Map<string, number>();

  const flush = coalesce(async () => {
    const notes = [...used];
    used.clear();
    await database.use((open) =>
      transact(open, 'readwrite', [usage], async (transaction) => {
        const store = transaction.objectStore(usage);
        await Promise.all(
          notes.map(async ([id, lastUsed]) => {
            const row = await store.get(id);
            // Deleted meanwhile: a row made now would stand for an image that is not there.
            if (row) await store.put({ ...row, lastUsed });
          }),
        );
      }),
    );
  });

  return {
    /** Takes a note and returns at once. */
    note(id: string): void {
      used.set(id, now());
      void flush();
    },
  };
}
