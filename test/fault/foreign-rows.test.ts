import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPixstoreBackend } from '../../src/backend/face/backend.js';
import { findDriver } from '../../src/stores/local/driver.js';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import { filesIn } from '../support/blobs.js';
import { failure } from '../support/errors.js';
import { photo } from '../support/photos.js';
import { quickFolder } from './support/quick-folder.js';

const secret = 'a secret that is no image of ours';

/** Somebody who may write the database, and nothing else, changes it. */
async function victim() {
  const folder = await quickFolder();
  const databasePath = join(folder, 'db.sqlite');
  const images = join(folder, 'images');
  const store = openLocalStore({ databasePath, imageRootDir: images, inlineUpTo: 1_000, writer: 'inline' });
  await store.put(versionOf('large', 1_000, 3_000), null);
  await store.put(versionOf('small', 1_000, 100), null);
  writeFileSync(join(folder, 'secret'), secret);
  const change = (sql: string, ...values: (string | number | Uint8Array)[]) => {
    const database = findDriver()(databasePath);
    database.prepare(sql).run(...values);
    database.close();
  };
  return { folder, images, databasePath, store, change };
}

const names = [
  '../secret',
  '../../secret',
  '/etc/passwd',
  '/proc/self/environ',
  'ab/../../secret',
  '0123456789abcdef/../../../secret',
  `ab/${'0'.repeat(31)}/`,
  `ab/${'0'.repeat(32)}\n`,
  `AB/${'0'.repeat(32)}`,
  '.',
  '',
  'secret\0',
];

describe('a row that somebody else wrote', () => {
  test.each(names)('names the file %j: it is not read, not sent, not removed', async (name) => {
    const { folder, store, change } = await victim();
    change("UPDATE parts SET file = ?, size = ? WHERE id = 'large'", name, secret.length);
    await failure('DATABASE_ROW_INVALID', () => readPart(store, 'large'));
    await failure('DATABASE_ROW_INVALID', async () => store.open('large'));
    expect((await store.check()).filter(({ kind }) => kind !== 'leftover')).toEqual([
      { kind: 'ciphertext-missing', subject: 'large' },
    ]);
    expect(await store.remove('large')).toBe(true);
    await store.sweep({ all: true });
    expect(existsSync(join(folder, 'secret'))).toBe(true);
    assertStored(await readPart(store, 'small'), versionOf('small', 1_000, 100));
    await store.close();
  });

  test.each(names)('names the file %j: a backup has nothing of it', async (name) => {
    const { folder, store, change } = await victim();
    change("UPDATE parts SET file = ?, size = ? WHERE id = 'large'", name, secret.length);
    const backup = join(folder, 'backup');
    await store.backup?.(backup);
    const copied = [
      backup,
      ...readdirSync(backup, { recursive: true, encoding: 'utf8' }).map((at) => join(backup, at)),
    ];
    expect(copied).toContain(join(backup, 'pixstore.sqlite'));
    for (const file of copied.filter((at) => statSync(at).isFile())) {
      expect(readFileSync(file).includes(secret), file).toBe(false);
    }
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(secret);
    expect(readdirSync(folder).sort()).toEqual([
      'backup',
      'db.sqlite',
      'db.sqlite-shm',
      'db.sqlite-wal',
      'images',
      'secret',
    ]);
    await store.close();
  });

  test('keeps no store from being opened, and is found', async () => {
    const { store, change, databasePath, images } = await victim();
    await store.close();
    change("UPDATE parts SET id = ?, file = ?, size = ? WHERE id = 'large'", 'no id', '../../secret', 2 ** 60);
    const again = openLocalStore({ databasePath, imageRootDir: images, inlineUpTo: 1_000, writer: 'inline' });
    expect(await again.check()).toContainEqual({ kind: 'ciphertext-missing', subject: '(no id)' });
    assertStored(await readPart(again, 'small'), versionOf('small', 1_000, 100));
    await again.close();
  });

  test('names a file that is to be removed: it stays', async () => {
    const { folder, store, change } = await victim();
    change('INSERT INTO given_up_blobs VALUES (?)', '../../secret');
    await failure('DATABASE_ROW_INVALID', () => store.sweep());
    change('DELETE FROM given_up_blobs');
    change('INSERT INTO sessions VALUES (?, 0, 0)', '../..');
    await failure('DATABASE_ROW_INVALID', () => store.sweep());
    expect(existsSync(join(folder, 'secret'))).toBe(true);
    await store.close();
  });

  const values: [string, string, string | number | Uint8Array][] = [
    ['an iv of 40 bytes', "UPDATE parts SET iv = ? WHERE id = 'small'", new Uint8Array(40)],
    ['no iv', "UPDATE parts SET iv = ? WHERE id = 'small'", new Uint8Array()],
    ['a tag of 4 bytes', "UPDATE parts SET tag = ? WHERE id = 'small'", new Uint8Array(4)],
    ['a sealed key of a megabyte', "UPDATE parts SET sealed_key = ? WHERE id = 'small'", new Uint8Array(1 << 20)],
    ['a token below 0', "UPDATE parts SET token = ? WHERE id = 'small'", -1],
    ['a token of 2^53', "UPDATE parts SET token = ? WHERE id = 'small'", 2 ** 53],
    ['a size below 0', "UPDATE parts SET size = ? WHERE id = 'small'", -1],
    ['a size of 2^60', "UPDATE parts SET size = ? WHERE id = 'small'", 2 ** 60],
  ];
  test.each(values)('has %s: it is not handed out', async (_, sql, value) => {
    const { store, change } = await victim();
    change(sql, value);
    await failure('DATABASE_ROW_INVALID', async () => store.record('small'));
    await failure('DATABASE_ROW_INVALID', async () => store.records([{ id: 'small' }]));
    await failure('DATABASE_ROW_INVALID', async () => readPart(store, 'small'));
    assertStored(await readPart(store, 'large'), versionOf('large', 1_000, 3_000));
    expect(await store.put(versionOf('small', 2_000, 100), 'older')).toBe(true);
    assertStored(await readPart(store, 'small'), versionOf('small', 2_000, 100));
    change(sql, value);
    expect(await store.remove('small')).toBe(true);
    await store.close();
  });

  test('says that a ciphertext is longer or shorter than it is: it is not read', async () => {
    const { store, change } = await victim();
    change("UPDATE parts SET size = ? WHERE id = 'small'", 99);
    await failure('DATABASE_ROW_INVALID', async () => readPart(store, 'small'));
    for (const size of [2_999, 3_001, 2 ** 40]) {
      change("UPDATE parts SET size = ? WHERE id = 'large'", size);
      await failure('CIPHERTEXT_MISSING', async () => readPart(store, 'large'));
      await failure('CIPHERTEXT_MISSING', async () => store.open('large'));
    }
    await store.close();
  });

  test.each(['last_removed_token', 'images', 'bytes'])('has a counter %s that nobody counts to', async (name) => {
    const { store, change } = await victim();
    for (const value of [2 ** 53, -1, Number.MAX_SAFE_INTEGER]) {
      change('INSERT OR REPLACE INTO counters VALUES (?, ?)', name, value);
      if (value === Number.MAX_SAFE_INTEGER) continue;
      await failure('DATABASE_ROW_INVALID', async () =>
        name === 'last_removed_token' ? store.lastRemovedToken() : store.usage(),
      );
    }
    await store.close();
  });

  test.each([2 ** 53, 2 ** 53 - 1, 2 ** 53 - 2])('says that a token of %d was removed: saving ends', async (token) => {
    const { store, change } = await victim();
    const masterKey = Buffer.alloc(32, 7).toString('hex');
    const backend = createPixstoreBackend({
      store,
      masterKey,
      defaultEndpointEnabled: false,
      errorHandlingMode: 'throw',
    });
    change('INSERT OR REPLACE INTO counters VALUES (?, ?)', 'last_removed_token', token);
    if (token < 2 ** 53 - 1) expect((await backend.saveImage(photo('coffee.webp')))?.token).toBe(2 ** 53 - 1);
    else await failure('DATABASE_ROW_INVALID', () => backend.saveImage(photo('coffee.webp')));
    await backend.close();
  });

  test('has an id that is none: it is not listed', async () => {
    const { store, change } = await victim();
    change("UPDATE parts SET id = ? WHERE id = 'small'", 'no id');
    await failure('DATABASE_ROW_INVALID', async () => {
      for await (const id of store.list()) expect(id).not.toBe('no id');
    });
    await store.close();
  });
});

describe('a link in the folder of images', () => {
  test('in place of a file is not followed', async () => {
    const { folder, store, images } = await victim();
    const [file] = filesIn(images) as [string];
    renameSync(file, join(folder, 'moved'));
    symlinkSync(join(folder, 'moved'), file);
    await failure('STORAGE_FAILED', () => readPart(store, 'large'));
    await failure('STORAGE_FAILED', async () => store.open('large'));
    expect(await store.remove('large')).toBe(true);
    expect(existsSync(join(folder, 'moved'))).toBe(true);
    await store.close();
  });

  test('in place of a file is not copied into a backup', async () => {
    const { folder, store, images } = await victim();
    const [file] = filesIn(images) as [string];
    // As long as the ciphertext was: nothing tells them apart but that it is a link.
    writeFileSync(join(folder, 'elsewhere'), secret.padEnd(statSync(file).size));
    rmSync(file);
    symlinkSync(join(folder, 'elsewhere'), file);
    const backup = join(folder, 'backup');
    await store.backup?.(backup).catch(() => {});
    const copied = existsSync(backup) ? filesIn(backup) : [];
    for (const at of copied) expect(readFileSync(at).includes(secret), at).toBe(false);
    await store.close();
  });

  test('in place of a folder is not followed', async () => {
    const { folder, store, images, databasePath } = await victim();
    await store.close();
    const [file] = filesIn(images) as [string];
    const session = dirname(file);
    mkdirSync(join(folder, 'other'));
    copyFileSync(file, join(folder, 'other', file.slice(session.length + 1)));
    renameSync(session, `${session}x`);
    symlinkSync(join(folder, 'other'), session);
    const again = openLocalStore({ databasePath, imageRootDir: images, inlineUpTo: 1_000, writer: 'inline' });
    await failure('STORAGE_FAILED', () => readPart(again, 'large'));
    expect(await again.remove('large')).toBe(true);
    expect(filesIn(join(folder, 'other'))).toHaveLength(1);
    await again.close();
  });
});
