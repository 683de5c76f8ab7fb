import type { RowStore } from '../split/row-store.js';
import { createConnections } from './connections.js';
import { createCounts } from './counts.js';
import { createDatabase } from './database.js';
import { createKeyChanges } from './key-changes.js';
import { createLookUps } from './look-ups.js';
import { checkedOptions, type PostgresRowsOptions } from './options.js';
import { createPartChanges } from './part-changes.js';
import { createStoreRows } from './store-rows.js';
import { namesIn } from './tables.js';
import { createWalks } from './walks.js';

/**
 * Keeps rows in PostgreSQL (13 and later), in a schema of its own, over the application's pool. Any number of processes may
 * share them. With a place for blobs, `splitStore` makes a store of them. Nothing is asked before the first call, which
 * makes the schema if it is not there.
 *
 * @throws PixstoreError `CONFIG_INVALID`; its methods also `DATABASE_TOO_NEW`, `DATABASE_FOREIGN`, `DATABASE_ROW_INVALID`,
 * `STORAGE_FAILED`, `STORAGE_FULL` and `STORE_TIMEOUT`
 *
 * @example
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 * const store = splitStore(postgresRows({ pool }), fileBlobs('/mnt/shared/images'));
 * initPixstoreBackend({ store, masterKey });
 */
export function postgresRows(options: PostgresRowsOptions): RowStore {
  const { schema, inlineUpTo, ...ofConnections } = checkedOptions(options);
  const names = namesIn(schema);
  const connections = createConnections(ofConnections);
  const database = createDatabase(connections, names);
  const { erasures, ...walks } = createWalks(database, names);

  return {
    supports: { syncRecords: false, persistence: true, quotas: true },
    inlineUpTo,
    ...createLookUps(database, names),
    ...walks,
    erasures,
    ...createPartChanges(database, names),
    ...createKeyChanges(database, names),
    ...createCounts(database, names),
    ...createStoreRows(database, names),
    close: async () => connections.close(),
  };
}
