import type { FolderKey, SealedKey } from '../port.js';
import { sessionPattern } from '../split/blob-name.js';
import type { Erasure, PlacedPart } from '../split/row-store.js';
import { type Statement, statement } from './connections.js';
import type { Database } from './database.js';
import type { SqlRow } from './pool.js';
import {
  folderKeyColumns,
  recordColumns,
  toBlobName,
  toCount,
  toFolderKey,
  toImageId,
  toPlacedPart,
  toSealedKey,
  toText,
} from './row.js';
import { isAlive, type Names, withKey } from './tables.js';

const pageRows = 1_000;

/** What is gone through as a whole: a page after the other, each from where the last one ended. */
export function createWalks(database: Database, names: Names) {
  const { schema } = names;
  const statements = {
    list: statement(`
      SELECT p.id FROM ${withKey(names)}
      WHERE p.variant = '' AND p.id > $1 AND p.id >= $2 AND p.id < $2 || '~' AND ${isAlive}
      ORDER BY p.id LIMIT ${pageRows}`),
    sealedKeys: statement(`
      SELECT ${recordColumns} FROM ${withKey(names)}
      WHERE (p.id, p.variant) > ($1, $2) AND ${isAlive} ORDER BY p.id, p.variant LIMIT ${pageRows}`),
    folderKeys: statement(`
      SELECT ${folderKeyColumns} FROM ${schema}.folder_keys k
      WHERE (k.folder, k.generation) > ($1, $2) AND k.wrapped IS NOT NULL
      ORDER BY k.folder, k.generation LIMIT ${pageRows}`),
    partsInBlobs: statement(`
      SELECT id, variant, blob, size FROM ${schema}.parts WHERE blob > $1 ORDER BY blob LIMIT ${pageRows}`),
    givenUp: statement(`SELECT blob FROM ${schema}.given_up_blobs WHERE blob > $1 ORDER BY blob LIMIT ${pageRows}`),
    endedSessions: statement(`
      SELECT id FROM ${schema}.sessions WHERE ended IS NOT NULL AND id > $1 ORDER BY id LIMIT ${pageRows}`),
    erasures: statement(`SELECT folder, generation FROM ${schema}.erasures`),
  };

  async function* pages(
    asked: Statement,
    first: unknown[],
    valuesAfter: (last: SqlRow) => unknown[],
  ): AsyncGenerator<SqlRow[]> {
    for (let values = first; ; ) {
      const rows = await database.read(asked, values);
      if (rows.length > 0) yield rows;
      const last = rows.at(-1);
      if (!last || rows.length < pageRows) return;
      values = valuesAfter(last);
    }
  }

  async function* each<Item>(
    asked: Statement,
    first: unknown[],
    valuesAfter: (last: SqlRow) => unknown[],
    toItem: (row: SqlRow) => Item,
  ): AsyncGenerator<Item> {
    for await (const page of pages(asked, first, valuesAfter)) yield* page.map(toItem);
  }

  return {
    list: (prefix = '', after = ''): AsyncGenerator<string> =>
      each(
        statements.list,
        [after, prefix],
        ({ id }) => [id, prefix],
        ({ id }) => toImageId(id),
      ),

    async *sealedKeys(): AsyncGenerator<SealedKey[]> {
      for await (const page of pages(statements.sealedKeys, ['', ''], ({ id, variant }) => [id, variant])) {
        yield page.map(toSealedKey);
      }
    },

    async *folderKeys(): AsyncGenerator<FolderKey[]> {
      const after = ({ folder, generation }: SqlRow) => [folder, generation];
      for await (const page of pages(statements.folderKeys, ['', 0], after)) yield page.map(toFolderKey);
    },

    partsInBlobs: (): AsyncGenerator<PlacedPart> =>
      each(statements.partsInBlobs, [''], ({ blob }) => [blob], toPlacedPart),

    givenUpBlobs: (): AsyncGenerator<string> =>
      each(
        statements.givenUp,
        [''],
        ({ blob }) => [blob],
        ({ blob }) => toBlobName(blob),
      ),

    endedSessions: (): AsyncGenerator<string> =>
      each(
        statements.endedSessions,
        [''],
        ({ id }) => [id],
        ({ id }) => toText(id, sessionPattern),
      ),

    async erasures(): Promise<Erasure[]> {
      const rows = await database.read(statements.erasures);
      return rows.map(({ folder, generation }) => ({
        folder: toText(folder, /^[a-z0-9_-]*$/),
        generation: toCount(generation),
      }));
    },
  };
}
