import type { RowStore } from '../split/row-store.js';
import { statement } from './connections.js';
import type { Database } from './database.js';
import { toCount } from './row.js';
import type { Names } from './tables.js';

/** What is counted of images. */
export function createCounts(database: Database, { schema }: Names): Pick<RowStore, 'usage' | 'lastRemovedToken'> {
  const statements = {
    usage: statement(`SELECT sum(images)::bigint AS images, sum(bytes)::bigint AS bytes FROM ${schema}.counters`),
    lastRemovedToken: statement(`SELECT max(last_removed_token) AS token FROM ${schema}.counters`),
  };
  return {
    async usage() {
      const [row = {}] = await database.read(statements.usage);
      return { images: toCount(row.images), bytes: toCount(row.bytes) };
    },
    async lastRemovedToken() {
      const [row = {}] = await database.read(statements.lastRemovedToken);
      return toCount(row.token);
    },
  };
}
