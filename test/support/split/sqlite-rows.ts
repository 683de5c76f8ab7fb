import { sqliteRows } from '../../../src/stores/local/sqlite-rows.js';
import type { RowStore } from '../../../src/stores/split/row-store.js';

/** Rows in SQLite, written on the calling thread. */
export function openSqliteRows(path: string, inlineUpTo = 1_000): RowStore {
  return sqliteRows({ databasePath: path, inlineUpTo, writer: 'inline' });
}
