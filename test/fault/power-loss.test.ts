import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDriver, type SqlDatabase } from '../../src/stores/local/driver.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import { cutPower } from './support/power-cut.js';
import { quickFolder } from './support/quick-folder.js';

describe('the power goes', () => {
  test.each([1, 2])('at any call to disk or database, and nothing is lost (changes %i)', async (seed) => {
    const { calls, store: complete } = await cutPower({ seed });
    await complete.close();
    let acknowledgedInAll = 0;
    for (let call = 1; call <= calls; call += 1) {
      const { damages, acknowledged, store } = await cutPower({ seed, call });
      acknowledgedInAll += acknowledged;
      expect({ seed, call, damages }).toEqual({ seed, call, damages: [] });
      for (const { kind } of await store.check()) expect(kind).toBe('leftover');
      await store.sweep();
      expect(await store.check()).toEqual([]);
      const next = versionOf('next', 9_000, 3_000);
      expect(await store.put(next, null)).toBe(true);
      assertStored(await readPart(store, 'next'), next);
      await store.close();
    }
    console.log(
      `power cuts: ${calls}, changes acknowledged before them: ${acknowledgedInAll}, lost 0, torn 0, rolled back 0`,
    );
  });

  test.each(['file', 'folder'] as const)(
    'and on a disk that skips the sync of a %s, images are damaged',
    async (kind) => {
      // So the tests above would see it, if the store forgot that sync.
      const found: unknown[] = [];
      for (let seed = 1; seed <= 10 && found.length === 0; seed += 1) {
        const { damages, store } = await cutPower({ seed, ignoreSyncOf: kind });
        await store.close();
        found.push(...damages);
      }
      expect(found).not.toEqual([]);
    },
  );

  test('SQLite is told to sync every commit, and to overwrite what is removed', async () => {
    const folder = await quickFolder();
    const open = findDriver();
    const connections: SqlDatabase[] = [];
    const store = openLocalStore({
      databasePath: join(folder, 'images.sqlite'),
      imageRootDir: join(folder, 'images'),
      driver(path) {
        const database = open(path);
        connections.push(database);
        return database;
      },
    });
    expect(connections).toHaveLength(2);
    for (const database of connections) {
      const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {});
      expect(pragma('journal_mode')).toEqual(['wal']);
      expect(pragma('synchronous')).toEqual([2]);
      expect(pragma('secure_delete')).toEqual([1]);
    }
    await store.close();
  });
});
