import type { CacheDatabase } from './database.js';
import type { StoreNames } from './schema.js';

/** What the disk cache holds. */
export interface DiskUsage {
  entries: number;
  /** Of the images themselves; the browser takes some more for each. */
  bytes: number;
}

const rowsAtOnce = 1000;

/** Counts, by the usage rows and in pieces; undefined when the database is of no use. */
export async function countUsage(database: CacheDatabase, { usage }: StoreNames): Promise<DiskUsage | undefined> {
  const counted = { entries: 0, bytes: 0 };
  for (let range: IDBKeyRange | undefined; ; ) {
    const rows = (await database.use('readonly', [usage], (rows) => rows.getAll(range, rowsAtOnce)))?.result;
    if (!rows) return undefined;
    counted.entries += rows.length;
    // Other scripts can write here too: what is no number must not make the sum one.
    for (const { size } of rows) counted.bytes += +size || 0;
    const next = rows[rowsAtOnce - 1];
    if (!next) return counted;
    range = IDBKeyRange.lowerBound(next.id, true);
  }
}
