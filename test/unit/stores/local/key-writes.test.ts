import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findDriver } from '../../../../src/stores/local/driver.js';
import { prepareKeyWrites } from '../../../../src/stores/local/key-writes.js';
import { openDatabase } from '../../../../src/stores/local/schema.js';
import { temporaryFolder } from '../../../support/folders.js';

/** What begins as a sealed key of this generation does; a store reads no more of it. */
function sealedWith(generation: number): Uint8Array {
  const sealedKey = new Uint8Array(80);
  sealedKey[0] = 2;
  new DataView(sealedKey.buffer).setUint32(1, generation, true);
  return sealedKey;
}

/** Key writes on a database that has two folders with a key, and what chance says to them. */
async function openWrites(random: () => number) {
  const database = openDatabase(findDriver(), join(await temporaryFolder(), 'db.sqlite'), 0);
  onTestFinished(() => database.close());
  const writes = prepareKeyWrites(database, random);
  writes.putRing({ kind: 'put-key-ring', bytes: new Uint8Array(1), expectedVersion: 0 });
  for (const folder of ['a', 'b']) {
    const key = { folder, generation: 1, wrapped: new Uint8Array(69) };
    expect(writes.addFolderKey({ kind: 'add-folder-key', ...key, ringVersion: 1 })).toBe(true);
  }
  const counts = () =>
    database
      .prepare('SELECT folder, sealed FROM sealed_counts JOIN folder_keys ON number = folder_key')
      .all()
      .map(({ folder, sealed }) => [folder, sealed]);
  return { writes, counts };
}

describe('what a folder key has sealed', () => {
  test('is counted by samples: one in 1,024 counts for so many', async () => {
    const several = 2_048;
    let asked = 0;
    const { writes, counts } = await openWrites(() => (asked++ % several) / several);
    for (let index = 0; index < 3 * several; index += 1) {
      expect(writes.isLatest({ id: 'a:k', sealedKey: sealedWith(1) })).toBe(true);
    }
    expect(counts()).toEqual([['a', 3 * several]]);
  });

  test('is counted for its own folder, and only when it may be written', async () => {
    const { writes, counts } = await openWrites(() => 0);
    expect(writes.isLatest({ id: 'b:k', sealedKey: sealedWith(1) })).toBe(true);
    for (const generation of [0, 2]) {
      expect(writes.isLatest({ id: 'a:k', sealedKey: sealedWith(generation) })).toBe(false);
    }
    expect(writes.isLatest({ id: 'k', sealedKey: sealedWith(1) })).toBe(false);
    expect(counts()).toEqual([['b', 1_024]]);
  });
});
