import type { CacheDatabase } from './database.js';

/** What the disk cache holds. */
export interface DiskUsage {
  entries: number;
  /** Of the images themselves; the browser takes some more for each. */
  bytes: number;
}

/** Counts, by the usage rows and in pieces; undefined when the database is of no use. */
export async function countUsage(database: CacheDatabase): Promise<DiskUsage | undefined> {
  const rowsAtOnce = 1000;
  const counted = { entries: 0, bytes: 0 };
  for (let last = ''; ; ) {
    const request = await database.use('readonly', ['usage'], ({ usage }) =>
      usage.getAll(IDBKeyRange.lowerBound(last, true), rowsAtOnce),
    );
    if (!request) return undefined;
    for (const { id, size } of request.result) {
      counted.entries += 1;
      // Other scripts can write here too: what is no number must not make the sum one.
      counted.bytes += +size || 0;
      last = id;
    }
    if (request.result.length < rowsAtOnce) return counted;
  }
}
