import { prepareBlobReads } from '../../../src/stores/local/blob-reads.js';
import { createChanges } from '../../../src/stores/local/changes.js';
import { findDriver } from '../../../src/stores/local/driver.js';
import { createLocalRows } from '../../../src/stores/local/local-rows.js';
import { prepareReads } from '../../../src/stores/local/reads.js';
import { createRecordCache } from '../../../src/stores/local/record-cache.js';
import { openDatabase } from '../../../src/stores/local/schema.js';
import { prepareWrites } from '../../../src/stores/local/writes.js';
import type { RowStore } from '../../../src/stores/split/row-store.js';

const busyTimeout = 5_000; // ms

/** The local store's rows on their own, without its folder of blobs: written on the calling thread. */
export function openSqliteRows(path: string, inlineUpTo = 1_000): RowStore {
  const driver = findDriver();
  const open = () => openDatabase(driver, path, busyTimeout);
  const [database, written] = [open(), open()] as const;
  const reads = prepareReads(database);
  const cache = createRecordCache(reads);
  const runBatch = prepareWrites(written);
  const writer = {
    kind: 'inline' as const,
    run: async (commands: Parameters<typeof runBatch>[0]) => runBatch(commands),
    close: async () => written.close(),
  };
  const changes = createChanges(writer, cache);
  return createLocalRows({
    reads,
    blobReads: prepareBlobReads(database),
    cache,
    changes,
    inlineUpTo,
    async close() {
      await changes.close();
      database.close();
    },
  });
}
