import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/public-api.js';
import type { PixstoreError } from '../../../src/shared/index.js';
import { findDriver, type SqlValue } from '../../../src/stores/local/driver.js';
import { failure } from '../../support/errors.js';
import { newKey, oldKey } from '../../support/keys.js';
import { crimeScene, expectNoOther, look, rotate, type Scene, trySaving } from './crime-scene.js';

const ids = ['a:row', 'a:file', 'b:row', 'row'];

async function filled(): Promise<{ scene: Scene; backend: PixstoreBackend }> {
  const scene = await crimeScene();
  const backend = scene.open([newKey, oldKey]);
  for (const id of ids) await scene.save(backend, id, id.endsWith('file') ? 'file' : 'row');
  return { scene, backend };
}

const wrappedOf = (scene: Scene, folder: string) =>
  Buffer.from(scene.rows(`SELECT wrapped FROM folder_keys WHERE folder = '${folder}'`)[0]?.wrapped as Uint8Array);

type Damage = (scene: Scene) => Promise<void> | void;

/** Changes a column of the key of folder `a`. */
const set =
  (column: string, value: SqlValue): Damage =>
  (scene) =>
    scene.write(`UPDATE folder_keys SET ${column} = ? WHERE folder = 'a'`, value);

const wrapped =
  (change: (bytes: Buffer) => Uint8Array): Damage =>
  (scene) =>
    set('wrapped', change(wrappedOf(scene, 'a')))(scene);

const flipped = (at: number) => wrapped((bytes) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));

/** The table made anew, without any of the rules it has. */
const withoutRules =
  (sql: string, ...values: SqlValue[]): Damage =>
  (scene) => {
    const database = findDriver()(scene.database);
    database.exec(`
      CREATE TABLE other AS SELECT * FROM folder_keys;
      DROP TABLE folder_keys;
      ALTER TABLE other RENAME TO folder_keys;
    `);
    database.prepare(sql).run(...values);
    database.close();
  };

const damages: [string, Damage][] = [
  ...[0, 1, 8, 9, 10, 36, 68].map((length): [string, Damage] => [
    `cut off after ${length} bytes`,
    wrapped((bytes) => bytes.subarray(0, length)),
  ]),
  ['one byte longer', wrapped((bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))],
  ['a megabyte', wrapped((bytes) => Buffer.concat([bytes, Buffer.alloc(1 << 20)]))],
  ...[0, 1, 8, 9, 21, 53, 60].map((at): [string, Damage] => [`byte ${at} changed`, flipped(at)]),
  ...[0, 2, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 2 ** 53, -1].map(
    (generation): [string, Damage] => [`generation ${generation}`, set('generation', generation)],
  ),
  ...[2 ** 32 - 1, 2 ** 32].map((generation): [string, Damage] => [
    `generation ${generation}, destroyed`,
    (scene) => scene.write("UPDATE folder_keys SET generation = ?, is_destroyed = 1 WHERE folder = 'a'", generation),
  ]),
  ...[1, 2, -1].map((value): [string, Damage] => [`destroyed: ${value}`, set('is_destroyed', value)]),
  ...['A', 'a b', '../a', 'c', 'ab'].map((name): [string, Damage] => [`folder ${name}`, set('folder', name)]),
  ['the key of another folder', (scene) => set('wrapped', wrappedOf(scene, 'b'))(scene)],
  [
    'the key of the same folder of another store',
    async (scene) => {
      const other = await filled();
      await other.backend.close();
      set('wrapped', wrappedOf(other.scene, 'a'))(scene);
    },
  ],
  ['no row', (scene) => scene.write("DELETE FROM folder_keys WHERE folder = 'a'")],
  ['no rows', (scene) => scene.write('DELETE FROM folder_keys')],
  ...[-1, 2 ** 31, 2 ** 53].map((count): [string, Damage] => [
    `a count of ${count}`,
    (scene) => scene.write('INSERT OR REPLACE INTO sealed_counts SELECT number, ? FROM folder_keys', count),
  ]),
  ...['text', null, 1.5].map((value): [string, Damage] => [
    `${value} as key`,
    withoutRules("UPDATE folder_keys SET wrapped = ? WHERE folder = 'a'", value),
  ]),
  ['text as generation', withoutRules("UPDATE folder_keys SET generation = 'x' WHERE folder = 'a'")],
  ['a fraction as generation', withoutRules("UPDATE folder_keys SET generation = 1.5 WHERE folder = 'a'")],
  ['every row twice', withoutRules('INSERT INTO folder_keys SELECT * FROM folder_keys')],
  [
    'a second key with the same generation',
    withoutRules("INSERT INTO folder_keys SELECT number + 10, 'a', 1, 0, wrapped FROM folder_keys WHERE folder = 'b'"),
  ],
];

/** A folder without a key gets its first one: the old row takes the place of that, and of what was sealed with it. */
const isGone = (name: string): boolean => name.startsWith('folder ') || name.startsWith('no row');

const placesOf = (name: string) => [`a:${name}`, `b:${name}`, `new-${name}:one`, name];

describe('the key of a folder', () => {
  test.each(damages)(
    'with %s: nothing other is shown, and with its row restored all is there, what was saved meanwhile too where there was a row',
    async (name, damage) => {
      const { scene, backend } = await filled();
      const columns = 'number, folder, generation, is_destroyed, wrapped';
      const right = scene.rows(`SELECT ${columns} FROM folder_keys`);
      await damage(scene);
      const saved = await trySaving(scene, backend, placesOf('running'));
      await expectNoOther(scene, backend, [...ids, ...saved], true);
      await backend.close();

      const opened = scene.open([newKey, oldKey]);
      saved.push(...(await trySaving(scene, opened, placesOf('reopened'))));
      await expectNoOther(scene, opened, [...ids, ...saved], true);
      await opened.close();

      scene.write('DELETE FROM sealed_counts');
      for (const { number } of right) {
        scene.write('DELETE FROM folder_keys WHERE number IN (?, ?)', Number(number), Number(number) + 10);
        scene.write('DELETE FROM folder_keys WHERE generation > ?', 2 ** 31);
      }
      scene.putBack('folder_keys', right);
      const restored = scene.open([newKey, oldKey]);
      const there = isGone(name) ? ids : [...ids, ...saved];
      for (const id of there) expect(await look(restored, id), id).toEqual(scene.pictures.get(id));
    },
  );
});

describe('the database of another store in front of the images of this one', () => {
  test.each(['row', 'file'] as const)('shows none of them (its own are in a %s)', async (kind) => {
    const { scene, backend } = await filled();
    await backend.close();
    const other = await crimeScene();
    const otherBackend = other.open([newKey, oldKey]);
    for (const id of ids) await other.save(otherBackend, id, kind);
    await otherBackend.close();
    copyFileSync(other.database, join(scene.folder, 'db.sqlite'));
    let opened: PixstoreBackend;
    try {
      opened = scene.open([newKey, oldKey]);
    } catch (error) {
      expect((error as PixstoreError).code).toBe('IMAGE_DIR_MISSING');
      expect(kind).toBe('file');
      return;
    }
    for (const id of ids) expect(await look(opened, id)).toEqual(other.pictures.get(id));
    await failure('IMAGE_DIR_MISSING', () => opened.store.sweep({ all: true }));
  });

  test.each([['parts'], ['folder_keys'], ['key_ring'], ['parts', 'folder_keys'], ['parts', 'key_ring']])(
    'opens nothing of them by rows of %s and %s',
    async (...tables) => {
      const { scene, backend } = await filled();
      const other = await filled();
      await other.backend.close();
      for (const table of tables) {
        const columns = table === 'folder_keys' ? 'number, folder, generation, is_destroyed, wrapped' : '*';
        scene.putBack(table, other.scene.rows(`SELECT ${columns} FROM ${table}`));
      }
      await expectNoOther(scene, backend, ids, true);
      await backend.close();
      const again = scene.open([newKey, oldKey]);
      await again.ready;
      for (const id of ids) {
        const found = await look(again, id);
        if (found instanceof Buffer) expect(found.equals(scene.pictures.get(id) as Buffer), id).toBe(true);
      }
      // What the ring opens nothing of is not exchanged.
      if (tables.join() !== 'parts') await expect(rotate(again, true)).rejects.toThrow();
    },
  );
});
