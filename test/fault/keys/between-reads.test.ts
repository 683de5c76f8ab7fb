import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { findDriver, type OpenDatabase } from '../../../src/stores/local/driver.js';
import { readPart } from '../../../src/testing/versions.js';
import { newKey, oldKey } from '../../support/keys.js';
import { intercept } from '../support/intercept.js';
import { compromised, filledPlace, idsWithout, type WorkPlace } from './works.js';

const all = idsWithout(null);

/** Makes a place what another one is that was copied from it, in one commit of another process. */
function become({ settings: { databasePath } }: WorkPlace, other: WorkPlace): void {
  const database = findDriver()(databasePath);
  database.prepare('ATTACH ? AS other').run(other.settings.databasePath);
  database.exec(`
    BEGIN IMMEDIATE;
    UPDATE parts SET sealed_key = (SELECT theirs.sealed_key FROM other.parts AS theirs WHERE theirs.id = parts.id);
    DELETE FROM folder_keys; INSERT INTO folder_keys SELECT * FROM other.folder_keys;
    DELETE FROM key_ring; INSERT INTO key_ring SELECT * FROM other.key_ring;
    COMMIT;
  `);
  database.close();
}

/** A backend between whose reads of rows and of keys another process exchanges all keys. */
async function interrupted() {
  const place = await filledPlace();
  const exchanged = await place.copy();
  const other = exchanged.open(compromised.masterKeys);
  await compromised.make(other);
  await other.close();

  let interrupt: (() => void) | undefined;
  const driver: OpenDatabase = (path) =>
    intercept(findDriver()(path), (name, work, [sql]) => {
      const result = work();
      if (name !== 'prepare' || !String(sql).includes('FROM folder_keys LEFT JOIN')) return result;
      return intercept(result as object, (_, run) => {
        const doNow = interrupt;
        interrupt = undefined;
        doNow?.();
        return run();
      });
    });
  const backend = place.open([newKey, oldKey], { driver });
  const exchange = () => become(place, exchanged);
  return {
    backend,
    exchange,
    raiseToken: () => place.write("UPDATE parts SET token = token + 1 WHERE id = 'a:file'"),
    arm(what = exchange) {
      interrupt = what;
    },
    isDone: () => interrupt === undefined,
  };
}

const reading: [string, (backend: PixstoreBackend) => unknown][] = [
  ['a record', ({ getImageRecord }) => getImageRecord('a:file')?.id === 'a:file'],
  ['an image in a row', async ({ store }) => (await readPart(store, 'a:row'))?.id === 'a:row'],
  ['an image in a file', async ({ store }) => (await readPart(store, 'a:file'))?.id === 'a:file'],
  ['an image in pieces', async ({ store }) => (await store.open('a:file'))?.id === 'a:file'],
  ['the parts of an image', async ({ store }) => (await store.version('a:file')).length === 1],
];

describe('while another process exchanges all keys after a leak, between two reads of one look-up', () => {
  test.each(reading)('%s is there', async (_, read) => {
    const { backend, arm, isDone } = await interrupted();
    arm();
    expect(await read(backend)).toBe(true);
    expect(isDone()).toBe(true);
    await backend.close();
  });

  test('every image is in the list, and every part, also when the list is gone through slowly', async () => {
    for (const isSlow of [false, true]) {
      const { backend, arm, exchange } = await interrupted();
      if (!isSlow) arm();
      const listed: string[] = [];
      for await (const id of backend.store.list()) {
        if (listed.push(id) === 1 && isSlow) exchange();
      }
      expect(listed.sort()).toEqual([...all].sort());
      await backend.close();
    }
    for (const isSlow of [false, true]) {
      const { backend, arm, exchange } = await interrupted();
      if (!isSlow) arm();
      const walked: string[] = [];
      for await (const page of backend.store.sealedKeys()) {
        walked.push(...page.map(({ id }) => id));
        if (isSlow) exchange();
      }
      expect(walked.sort()).toEqual([...all].sort());
      await backend.close();
    }
  });
});

test('an update by another process between two reads of one look-up shows in the next one', async () => {
  const { backend, arm, isDone, raiseToken } = await interrupted();
  arm(raiseToken);
  const first = await backend.store.record('a:file');
  expect(isDone()).toBe(true);
  await nextTurn();
  expect((await backend.store.record('a:file'))?.token).toBe((first?.token ?? 0) + 1);
  await backend.close();
});
