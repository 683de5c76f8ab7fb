import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../../../../src/stores/local/driver.js';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import type { ImageStore } from '../../../../src/stores/port.js';
import {
  assertRecord,
  assertStored,
  bytesOf,
  readPart,
  readToEnd,
  versionOf,
} from '../../../../src/testing/versions.js';
import { temporaryFolder } from '../../../support/folders.js';

/** A store in which two records have just been looked up, and other ways to change it. */
async function openLookedUp(size: number) {
  const folder = await temporaryFolder();
  const databasePath = join(folder, 'db.sqlite');
  const open = () => openLocalStore({ databasePath, imageRootDir: join(folder, 'images'), writer: 'inline' });
  const ours = open();
  const theirs = open(); // as in another process: nothing but the files is shared
  const versions = { one: versionOf('one', 1000, size), two: versionOf('two', 1000, size) };
  for (const version of Object.values(versions)) await ours.put(version, null);
  for (const version of Object.values(versions)) assertRecord(await ours.record(version.id), version);
  return {
    ours,
    theirs,
    versions,
    async exec(sql: string) {
      const database = findDriver()(databasePath);
      database.exec(sql);
      database.close();
    },
    close: () => Promise.all([ours.close(), theirs.close()]),
  };
}

async function readBothWays(store: ImageStore, id: string) {
  return [await readPart(store, id), await readToEnd(await store.open(id))];
}

describe.each([
  ['in the database', 5_000],
  ['in a file', 100_000],
])('an image %s whose record was looked up just now', (_, size) => {
  test('is read as it is', async () => {
    const { ours, versions, close } = await openLookedUp(size);
    for (const found of await readBothWays(ours, 'one')) assertStored(found, versions.one);
    await close();
  });

  test('is read anew when somebody else replaced, removed or sealed it since', async () => {
    const { ours, theirs, versions, close } = await openLookedUp(size);
    const second = versionOf('one', 1001, size);
    await theirs.put(second, 1000);
    for (const found of await readBothWays(ours, 'one')) assertStored(found, second);
    const sealedKey = bytesOf('another key', 69);
    await theirs.reseal([{ id: 'two', token: 1000, sealedKey }]);
    const parts = versions.two.parts.map((part) => ({ ...part, sealedKey }));
    for (const found of await readBothWays(ours, 'two')) assertStored(found, { ...versions.two, parts });
    await theirs.remove('one');
    expect(await readBothWays(ours, 'one')).toEqual([null, null]);
    await close();
  });

  test('is found although its row is now where the row of another was', async () => {
    const { ours, versions, exec, close } = await openLookedUp(size);
    // Made alike but for the id, as no two images are: so nothing else can tell them apart.
    await exec(`
      UPDATE parts SET token = other.token, iv = other.iv, tag = other.tag, sealed_key = other.sealed_key
        FROM parts AS other WHERE parts.id = 'two' AND other.id = 'one';
      UPDATE parts SET rowid = rowid + 100;
      UPDATE parts SET rowid = 1 WHERE id = 'two';
      UPDATE parts SET rowid = 2 WHERE id = 'one';
    `);
    for (const found of await readBothWays(ours, 'one')) assertStored(found, versions.one);
    await close();
  });
});
