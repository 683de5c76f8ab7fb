import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDriver } from '../../../../src/stores/local/driver.js';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';

async function place() {
  const folder = await temporaryFolder();
  const options = {
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    writer: 'inline' as const,
  };
  return { folder, options, open: () => openLocalStore(options) };
}

describe('opening a local store', () => {
  test('makes folders and a database that only their owner may read', async () => {
    const { folder, options } = await place();
    const deep = join(folder, 'a', 'b');
    const store = openLocalStore({ ...options, databasePath: join(deep, 'x.sqlite') });
    expect(statSync(join(deep, 'x.sqlite')).mode & 0o777).toBe(0o600);
    expect(statSync(join(deep, 'x.sqlite-wal')).mode & 0o777).toBe(0o600);
    expect(statSync(options.imageRootDir).mode & 0o777).toBe(0o700);
    await store.close();
  });

  test('refuses the database of another program and leaves it as it is', async () => {
    const { folder, options, open } = await place();
    const other = findDriver()(options.databasePath);
    other.exec('CREATE TABLE customers (name TEXT)');
    other.close();
    const before = readFileSync(options.databasePath);
    await failure('DATABASE_FOREIGN', open);
    expect(readFileSync(options.databasePath).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['images.sqlite']);
  });

  test('refuses a file that is no database, or a damaged one, and leaves it as it is', async () => {
    const { options, open } = await place();
    const text = 'my diary, which is certainly not SQLite. '.repeat(200);
    writeFileSync(options.databasePath, text);
    await failure('DATABASE_INVALID', open);
    expect(readFileSync(options.databasePath, 'utf8')).toBe(text);
  });

  test('refuses a database of a newer pixstore', async () => {
    const { options, open } = await place();
    await open().close();
    const database = findDriver()(options.databasePath);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const error = await failure('DATABASE_TOO_NEW', open);
    expect(error.message).toContain('99');
  });

  test('says when imageRootDir is a file, or below one', async () => {
    const { folder, options } = await place();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const imageRootDir of [file, join(file, 'images')]) {
      const error = await failure('IMAGE_DIR_UNUSABLE', () => openLocalStore({ ...options, imageRootDir }));
      expect(error.message).not.toContain(folder);
    }
  });

  test('says when the database cannot be made', async () => {
    const { folder, options } = await place();
    mkdirSync(join(folder, 'taken'));
    const error = await failure('STORAGE_FAILED', () =>
      openLocalStore({ ...options, databasePath: join(folder, 'taken') }),
    );
    expect(error.message).not.toContain(folder);
  });

  test('finds a driver for every supported Node', () => {
    // That a missing one is said in a sentence, test/package shows in an app without better-sqlite3.
    const { node } = process.versions;
    // What is made for older Nodes need not load into a newer one.
    const older = Number.parseInt(node, 10) < 24 ? ['20.19.0'] : [];
    for (const version of [node, ...older, '24.0.0']) expect(findDriver(version)).toBeTypeOf('function');
  });
});
