import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodePayload, WirePayloadState } from '../../src/shared/index.js';
import { findDriver, type SqlDatabase } from '../../src/stores/local/driver.js';
import type { ImageRecord } from '../../src/types/index.js';
import { openBackend } from '../support/backend.js';
import { drawPng } from '../support/drawn-images.js';
import { openPayload } from '../support/payload.js';
import { withMorePixels } from '../support/small-picture.js';

type Row = ReturnType<ReturnType<SqlDatabase['prepare']>['all']>[number];
const ids = ['mine', 'yours'] as const;

/** As long as one another, so that it is never the length by which they are told apart. */
const pictureOf = (length: number) => withMorePixels(drawPng(8, 8), randomBytes(length));

/** Every choice of some of these. */
function choicesOf<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, at) => bits & (1 << at)));
}

/** Takes these columns of a row from another one. */
const mixed = (row: Row, other: Row, chosen: readonly string[]): Row => ({
  ...row,
  ...Object.fromEntries(chosen.map((column) => [column, other[column] ?? null])),
});

/** Puts these rows in place of all. */
function write(database: SqlDatabase, rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] as Row);
  const insert = database.prepare(`INSERT INTO parts (${columns}) VALUES (${columns.map(() => '?')})`);
  database.exec('BEGIN; DELETE FROM parts');
  for (const row of rows) insert.run(...columns.map((column) => row[column] as string));
  database.exec('COMMIT');
}

function openOrNull(payload: Uint8Array, record: ImageRecord): Buffer | null {
  try {
    return openPayload(payload, record);
  } catch {
    return null;
  }
}

describe.each([
  ['in rows', 2_000],
  ['in files', 100_000],
])('two images %s', (_, length) => {
  test('whatever of their rows changes places, each shows its own picture under its own key or none', async () => {
    const backend = await openBackend({ memoryCacheBytes: 0 });
    const pictures = ids.map(() => pictureOf(length));
    const records: ImageRecord[] = [];
    for (const [at, id] of ids.entries()) {
      records.push((await backend.saveImage(pictures[at] as Buffer, { id })) as ImageRecord);
    }
    const database = findDriver()(join(backend.folder, 'images.sqlite'));
    const rows = database.prepare('SELECT * FROM parts ORDER BY id').all() as [Row, Row];
    const { id: _, ...columns } = rows[0];
    const outcomes = { shown: 0, refused: 0 };

    /** What whoever may see one of them gets, by a record of before or by one that he asks for now. */
    async function look(at: number, record: ImageRecord | null, token: number | undefined): Promise<void> {
      const { id, meta } = records[at] as ImageRecord;
      if (record) expect(record.meta.key).toBe(meta.key);
      const proof = (record ?? records[at])?.statelessProof;
      const payload = await backend.customEndpointHelper(id, token, proof).catch(() => null);
      const answer = payload && decodePayload(payload);
      if (answer?.state === WirePayloadState.Updated) expect(Buffer.from(answer.key).toString('base64')).toBe(meta.key);
      const opened = payload && openOrNull(payload, record ?? (records[at] as ImageRecord));
      outcomes[opened ? 'shown' : 'refused'] += 1;
      if (opened) expect(opened.equals(pictures[at] as Buffer)).toBe(true);
    }

    for (const chosen of choicesOf(Object.keys(columns))) {
      write(database, [mixed(rows[0], rows[1], chosen), mixed(rows[1], rows[0], chosen)]);
      for (const [at, before] of records.entries()) {
        let now: ImageRecord | null = null;
        try {
          now = backend.getImageRecord(before.id);
        } catch {
          outcomes.refused += 1;
        }
        for (const token of [before.token, now?.token, undefined]) {
          await look(at, before, token);
          await look(at, now, token);
        }
      }
    }
    database.close();
    // Nothing changed places in some of them; in most of them something did.
    expect(outcomes.shown).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(outcomes.shown);
  });
});

test('whatever of the row of an old version is put back, under a token is shown what was saved under it, or nothing', async () => {
  const backend = await openBackend({ memoryCacheBytes: 0 });
  const database = findDriver()(join(backend.folder, 'images.sqlite'));
  const pictures = [pictureOf(2_000), pictureOf(2_000)] as const;
  const readRow = () => database.prepare('SELECT * FROM parts').get() as Row;
  const old = (await backend.saveImage(pictures[0], { id: 'mine' })) as ImageRecord;
  const oldRow = readRow();
  const now = (await backend.updateImage('mine', pictures[1])) as ImageRecord;
  const row = readRow();
  const { id: _, ...columns } = row;
  const shown = new Set<number>();
  for (const chosen of choicesOf(Object.keys(columns))) {
    write(database, [mixed(row, oldRow, chosen)]);
    for (const [at, { token, statelessProof }] of [old, now].entries()) {
      const payload = await backend.customEndpointHelper('mine', token, statelessProof).catch(() => null);
      const answer = payload && decodePayload(payload);
      const opened = payload && openOrNull(payload, [old, now][at] as ImageRecord);
      if (!answer || !opened) continue;
      const named = answer.state === WirePayloadState.Updated ? answer.token : token;
      shown.add(named);
      expect(opened.equals(pictures[named === old.token ? 0 : 1])).toBe(true);
      expect([old.token, now.token]).toContain(named);
    }
  }
  database.close();
  // The whole old version put back shows as it was: that nothing prevents.
  expect(shown).toEqual(new Set([old.token, now.token]));
});
