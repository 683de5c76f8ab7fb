import type { ImageVersion, PartRecord } from '../port.js';
import type { SqlDatabase, SqlRow } from './driver.js';

/** A part and where its ciphertext is: in the row, or in a file. */
export interface Row extends PartRecord {
  file: string | null;
  ciphertext: Uint8Array | null;
}

/** Where a part's ciphertext goes: its row (null), or a file that was written before. */
export type Placement = string | null;

const recordColumns = 'id, token, size, iv, tag, sealed_key';
const removedToken = 'removed_token';

// Variants of x are "x.name". "." and the "/" after it stand nowhere else in an id, nor does "~", which is above all
// that does; so ranges of the primary key find an image's parts, and all ids with a prefix.
const isPartOf = "id = ? OR (id > ? || '.' AND id < ? || '/')";

/** Everything the local store says in SQL. Synchronous; a method either happens whole or throws. */
export function openRows(database: SqlDatabase) {
  const prepared = {
    record: database.prepare(`SELECT ${recordColumns} FROM parts WHERE id = ?`),
    row: database.prepare(`SELECT ${recordColumns}, file, ciphertext FROM parts WHERE id = ?`),
    files: database.prepare(`SELECT file FROM parts WHERE (${isPartOf}) AND file IS NOT NULL`),
    remove: database.prepare(`DELETE FROM parts WHERE ${isPartOf}`),
    insert: database.prepare(
      'INSERT INTO parts (id, token, size, iv, tag, sealed_key, file, ciphertext) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    reseal: database.prepare('UPDATE parts SET sealed_key = ? WHERE id = ? AND token = ?'),
    list: database.prepare(
      "SELECT id FROM parts WHERE id > ? AND id >= ? AND id < ? || '~' AND instr(id, '.') = 0 ORDER BY id LIMIT 1000",
    ),
    fileInUse: database.prepare('SELECT 1 FROM parts WHERE file = ?'),
    everyFile: database.prepare(
      'SELECT id, file, size FROM parts WHERE file IS NOT NULL AND id > ? ORDER BY id LIMIT 1000',
    ),
    masterKeys: database.prepare('SELECT id FROM master_keys'),
    noteMasterKey: database.prepare('INSERT OR IGNORE INTO master_keys (id) VALUES (?)'),
    counter: database.prepare('SELECT value FROM counters WHERE name = ?'),
    raiseCounter: database.prepare(
      'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)',
    ),
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  };

  function transaction<Result>(work: () => Result): Result {
    prepared.begin.run();
    try {
      const result = work();
      prepared.commit.run();
      return result;
    } catch (error) {
      try {
        prepared.rollback.run();
      } catch {
        // SQLite has rolled back by itself; the first error is the one that matters.
      }
      throw error;
    }
  }

  function record(id: string): PartRecord | null {
    const row = prepared.record.get(id);
    return row ? toRecord(row) : null;
  }

  function lastRemovedToken(): number {
    return Number(prepared.counter.get(removedToken)?.value ?? 0);
  }

  const filesOf = (id: string) => prepared.files.all(id, id, id).map((row) => row.file as string);

  return {
    record,

    row(id: string): Row | null {
      const row = prepared.row.get(id);
      return row
        ? { ...toRecord(row), file: row.file as string | null, ciphertext: row.ciphertext as Uint8Array | null }
        : null;
    },

    /** @returns the files of the version that was replaced, or null when another token was stored than expected */
    replace(version: ImageVersion, placements: readonly Placement[], expectedToken: number | null): string[] | null {
      return transaction(() => {
        const current = record(version.id)?.token ?? null;
        if (current !== expectedToken) return null;
        if (current === null && version.token <= lastRemovedToken()) return null;
        const replaced = filesOf(version.id);
        prepared.remove.run(version.id, version.id, version.id);
        version.parts.forEach((part, index) => {
          const file = placements[index] ?? null;
          const { id, iv, tag, sealedKey, ciphertext } = part;
          prepared.insert.run(id, version.token, ciphertext.length, iv, tag, sealedKey, file, file ? null : ciphertext);
        });
        return replaced;
      });
    },

    /** @returns the files of the image that was removed, or null when there was none */
    remove(id: string): string[] | null {
      return transaction(() => {
        const current = record(id);
        if (!current) return null;
        const removed = filesOf(id);
        prepared.remove.run(id, id, id);
        prepared.raiseCounter.run(removedToken, current.token);
        return removed;
      });
    },

    reseal: (id: string, token: number, sealedKey: Uint8Array): boolean =>
      Number(prepared.reseal.run(sealedKey, id, token).changes) === 1,

    /** Ids of images that start with `prefix` and come after `after`, a page at a time. */
    list: (prefix: string, after: string): string[] =>
      prepared.list.all(after, prefix, prefix).map((row) => row.id as string),

    isFileInUse: (file: string): boolean => prepared.fileInUse.get(file) !== undefined,

    /** Parts kept in files, a page at a time, by id. */
    partsInFiles: (after: string) =>
      prepared.everyFile.all(after).map((row) => ({
        id: row.id as string,
        file: row.file as string,
        size: Number(row.size),
      })),

    lastRemovedToken,
    masterKeyIds: (): string[] => prepared.masterKeys.all().map((row) => row.id as string),
    noteMasterKey(keyId: string): void {
      prepared.noteMasterKey.run(keyId);
    },
  };
}

export type Rows = ReturnType<typeof openRows>;

function toRecord(row: SqlRow): PartRecord {
  return {
    id: row.id as string,
    token: Number(row.token),
    size: Number(row.size),
    iv: row.iv as Uint8Array,
    tag: row.tag as Uint8Array,
    sealedKey: row.sealed_key as Uint8Array,
  };
}
