import type { PartRecord } from '../port.js';
import { counters } from './counters.js';
import type { SqlDatabase } from './driver.js';
import { type FoundRow, recordColumns, toFoundRow, toRecord } from './row.js';

/** A record and where it was found. */
export interface FoundRecord {
  record: PartRecord;
  rowid: number;
}

/** All that the store asks of the database without changing it. Synchronous. */
export function prepareReads(database: SqlDatabase) {
  const prepared = {
    record: database.prepare(`SELECT ${recordColumns}, rowid FROM parts WHERE id = ?`),
    row: database.prepare(`SELECT ${recordColumns}, file, ciphertext FROM parts WHERE id = ?`),
    // The plus keeps SQLite from searching for the id, which takes twice as long among a million.
    rowOf: database.prepare(
      `SELECT file, ciphertext FROM parts
       WHERE rowid = ? AND +id = ? AND token = ? AND size = ? AND iv = ? AND tag = ? AND sealed_key = ?`,
    ),
    list: database.prepare(
      "SELECT id FROM parts WHERE id > ? AND id >= ? AND id < ? || '~' AND instr(id, '.') = 0 ORDER BY id LIMIT 1000",
    ),
    fileInUse: database.prepare('SELECT 1 FROM parts WHERE file = ?'),
    inFiles: database.prepare(
      'SELECT id, file, size FROM parts WHERE file IS NOT NULL AND file > ? ORDER BY file LIMIT 1000',
    ),
    masterKeys: database.prepare('SELECT id FROM master_keys'),
    counter: database.prepare('SELECT value FROM counters WHERE name = ?'),
    dataVersion: database.prepare('PRAGMA data_version'),
  };

  const counter = (name: string): number => Number(prepared.counter.get(name)?.value ?? 0);

  return {
    record(id: string): FoundRecord | null {
      const row = prepared.record.get(id);
      return row ? { record: toRecord(row), rowid: Number(row.rowid) } : null;
    },

    row(id: string): FoundRow | null {
      const row = prepared.row.get(id);
      return row ? toFoundRow(toRecord(row), row) : null;
    },

    /** The row of a record that was found before; null when the record is not in it any more, or is not as it was. */
    rowOf({ record, rowid }: FoundRecord): FoundRow | null {
      const { id, token, size, iv, tag, sealedKey } = record;
      const row = prepared.rowOf.get(rowid, id, token, size, iv, tag, sealedKey);
      return row ? toFoundRow(record, row) : null;
    },

    /** Ids of images that start with `prefix` and come after `after`, a page at a time. */
    list: (prefix: string, after: string): string[] =>
      prepared.list.all(after, prefix, prefix).map((row) => row.id as string),

    isFileInUse: (file: string): boolean => prepared.fileInUse.get(file) !== undefined,

    /** Parts kept in files, a page at a time, in the order of the files' names. */
    partsInFiles: (after: string) =>
      prepared.inFiles.all(after).map((row) => ({
        id: row.id as string,
        file: row.file as string,
        size: Number(row.size),
      })),

    /** Changes whenever another connection has committed. */
    dataVersion: () => Number(prepared.dataVersion.get()?.data_version),
    lastRemovedToken: () => counter(counters.lastRemovedToken),
    usage: () => ({ images: counter(counters.images), bytes: counter(counters.bytes) }),
    masterKeyIds: (): string[] => prepared.masterKeys.all().map((row) => row.id as string),
  };
}

export type Reads = ReturnType<typeof prepareReads>;
