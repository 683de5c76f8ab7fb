import { type FolderKey, isSameRing, type KeyRing, type PartName, type PartRecord } from '../port.js';
import type { FoundPart } from '../split/row-store.js';
import { statement } from './connections.js';
import type { Database } from './database.js';
import { gather } from './gather.js';
import type { SqlRow } from './pool.js';
import { folderKeyColumns, recordColumns, toBytes, toCount, toFolderKey, toFoundPart, toRecord } from './row.js';
import { isAlive, type Names, withKey } from './tables.js';

/** A part that is looked up, with its ciphertext or where that is, or without. */
interface AskedPart extends PartName {
  isWhole: boolean;
}

/** Looks up parts and keys: all that is asked for in one turn of the loop, in one query of each kind. */
export function createLookUps(database: Database, names: Names) {
  const statements = {
    parts: statement(`
      SELECT asked.number, ${recordColumns}, p.blob, CASE WHEN asked.is_whole THEN p.ciphertext END AS ciphertext
      FROM unnest($1::text[], $2::text[], $3::boolean[]) WITH ORDINALITY AS asked (id, variant, is_whole, number)
      JOIN ${withKey(names, `${names.schema}.parts p ON p.id = asked.id AND p.variant = asked.variant`)}
      WHERE ${isAlive}`),
    versions: statement(`
      SELECT asked.number, ${recordColumns}
      FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, number)
      JOIN ${withKey(names, `${names.schema}.parts p ON p.id = asked.id`)}
      WHERE ${isAlive} ORDER BY asked.number, p.variant`),
    folderKeys: statement(`
      SELECT asked.number, ${folderKeyColumns}
      FROM unnest($1::text[]) WITH ORDINALITY AS asked (folder, number)
      CROSS JOIN LATERAL (
        SELECT * FROM ${names.schema}.folder_keys k WHERE k.folder = asked.folder ORDER BY generation DESC LIMIT 1
      ) k`),
    keyRing: statement(`SELECT version, bytes FROM ${names.schema}.key_ring`),
  };

  const part = gather(async (asked: readonly AskedPart[]) => {
    const rows = await database.read(statements.parts, [
      asked.map(({ id }) => id),
      asked.map(({ variant }) => variant ?? ''),
      asked.map(({ isWhole }) => isWhole),
    ]);
    return inOrder(asked, rows).map(([row]) => row);
  });

  const version = gather(async (ids: readonly string[]) =>
    inOrder(ids, await database.read(statements.versions, [ids])),
  );

  const folderKey = gather(async (folders: readonly string[]) => {
    const rows = await database.read(statements.folderKeys, [folders]);
    return inOrder(folders, rows).map(([row]) => row);
  });

  const ring = gather(async (asked: readonly undefined[]) => {
    const [row] = await database.read(statements.keyRing);
    return asked.map(() => row);
  });

  let knownRing: KeyRing | null = null;

  async function record(id: string, variant?: string): Promise<PartRecord | null> {
    const row = await part({ id, variant, isWhole: false });
    return row ? toRecord(row) : null;
  }

  return {
    record,

    records: (wanted: readonly PartName[]): Promise<(PartRecord | null)[]> =>
      Promise.all(wanted.map(({ id, variant }) => record(id, variant))),

    async find(id: string, variant?: string): Promise<FoundPart | null> {
      const row = await part({ id, variant, isWhole: true });
      return row ? toFoundPart(row) : null;
    },

    version: async (id: string): Promise<PartRecord[]> => (await version(id)).map(toRecord),

    async folderKey(folder: string): Promise<FolderKey | null> {
      const row = await folderKey(folder);
      return row ? toFolderKey(row) : null;
    },

    /** The same object until it is replaced. */
    async keyRing(): Promise<KeyRing | null> {
      const row = await ring(undefined);
      const read = row ? { version: toCount(row.version), bytes: toBytes(row.bytes) } : null;
      if (!isSameRing(read, knownRing)) knownRing = read;
      return knownRing;
    },
  };
}

/** Rows by the number of what was asked for, from 1 on. */
function inOrder(asked: readonly unknown[], rows: readonly SqlRow[]): SqlRow[][] {
  const answers: SqlRow[][] = asked.map(() => []);
  for (const row of rows) answers[Number(row.number) - 1]?.push(row);
  return answers;
}
