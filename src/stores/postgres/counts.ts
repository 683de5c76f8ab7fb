import type { RowStore } from '../split/row-store.js';
import { statement } from './connections.js';
import type { Database } from './database.js';
import type { SqlRow } from './pool.js';
import { toCount } from './row.js';
import type { Names } from './tables.js';

type Counts = 'usage' | 'folderUsage' | 'lastRemovedToken';

/** What is counted of images. */
export function createCounts(database: Database, { schema }: Names): Pick<RowStore, Counts> {
  const statements = {
    usage: statement(`SELECT sum(images)::bigint AS images, sum(bytes)::bigint AS bytes FROM ${schema}.counters`),
    folderUsage: statement(`
      SELECT coalesce(sum(images), 0)::bigint AS images, coalesce(sum(bytes), 0)::bigint AS bytes
      FROM ${schema}.folder_usage WHERE folder = $1`),
    lastRemovedToken: statement(`SELECT max(last_removed_token) AS token FROM ${schema}.counters`),
  };
  const toUsage = ([row = {}]: SqlRow[]) => ({ images: toCount(row.images), bytes: toCount(row.bytes) });

  return {
    usage: async () => toUsage(await database.read(statements.usage)),
    folderUsage: async (folder) => toUsage(await database.read(statements.folderUsage, [folder])),
    async lastRemovedToken() {
      const [row = {}] = await database.read(statements.lastRemovedToken);
      return toCount(row.token);
    },
  };
}
