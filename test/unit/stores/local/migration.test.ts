import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findDriver, type OpenDatabase, type SqlRow } from '../../../../src/stores/local/driver.js';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import { giveKeys, sealedWith } from '../../../../src/testing/sealing.js';
import { versionOf } from '../../../../src/testing/versions.js';
import { intercept } from '../../../fault/support/intercept.js';
import { quietLogger } from '../../../support/backend.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';
import { placeSchema2, schema2, sha256 } from '../../../support/schema-2.js';

const name = 'images.sqlite';
const tables = ['parts', 'master_keys', 'counters', 'store', 'sessions', 'given_up_blobs'];

async function place() {
  const folder = await temporaryFolder();
  placeSchema2(folder);
  const path = (other = name) => join(folder, other);

  function open() {
    const logger = quietLogger();
    const store = openLocalStore({
      databasePath: path(),
      imageRootDir: path('images'),
      writer: 'inline',
      busyTimeout: 100,
      logger,
    });
    onTestFinished(() => store.close());
    return { store, said: logger.lines.filter((line) => line.includes('.bak')) };
  }

  async function openAndClose(): Promise<void> {
    await open().store.close();
  }

  function onDatabase<Result>(work: (database: ReturnType<ReturnType<typeof findDriver>>) => Result, other = name) {
    const database = findDriver()(path(other));
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  const change = (sql: string) => onDatabase((database) => database.exec(sql));
  const versionOf = (other = name) =>
    onDatabase((database) => database.prepare('PRAGMA user_version').get()?.user_version, other);
  /** All that a database of schema 2 holds. */
  const contents = (other = name): SqlRow[][] =>
    onDatabase((database) => tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all()), other);
  const files = () =>
    readdirSync(folder)
      .filter((each) => each.startsWith(name))
      .sort();
  const hashes = () => files().map((each) => [each, sha256(readFileSync(path(each)))]);

  return { folder, path, open, openAndClose, onDatabase, change, versionOf, contents, files, hashes };
}

describe('a database of an older schema', () => {
  test('is copied as a whole before it is changed, for its owner alone', async () => {
    const here = await place();
    const before = here.contents();
    chmodSync(here.path(), 0o644);
    await here.openAndClose();
    expect(here.files()).toEqual([name, `${name}.schema-2.bak`]);
    expect(statSync(here.path(`${name}.schema-2.bak`)).mode & 0o777).toBe(0o600);
    expect(here.contents(`${name}.schema-2.bak`)).toEqual(before);
    expect(here.versionOf(`${name}.schema-2.bak`)).toBe(2);
    expect(here.versionOf()).toBe(4);
  });

  test('is copied with what is still in its log', async () => {
    const here = await place();
    const writer = findDriver()(here.path());
    onTestFinished(() => writer.close());
    writer.exec("PRAGMA journal_mode = WAL; INSERT INTO counters VALUES ('of-the-last-moment', 7)");
    here.open();
    expect(here.contents(`${name}.schema-2.bak`)[2]).toContainEqual({ name: 'of-the-last-moment', value: 7 });
  });

  test('is copied also when nothing was ever saved, and when it is of the first schema', async () => {
    const here = await place();
    here.change('DELETE FROM parts; DELETE FROM master_keys');
    await here.openAndClose();
    expect(here.versionOf(`${name}.schema-2.bak`)).toBe(2);

    rmSync(here.folder, { recursive: true });
    cpSync(join(schema2, '../schema-1'), here.folder, { recursive: true });
    await here.openAndClose();
    expect(here.versionOf(`${name}.schema-1.bak`)).toBe(1);
  });

  test('is copied while somebody reads it for long', async () => {
    const here = await place();
    const reader = findDriver()(here.path());
    onTestFinished(() => reader.close());
    reader.exec('PRAGMA journal_mode = WAL; BEGIN; SELECT count(*) FROM parts');
    here.change("INSERT INTO counters VALUES ('of-the-last-moment', 7)");
    here.open();
    expect(here.contents(`${name}.schema-2.bak`)[2]).toContainEqual({ name: 'of-the-last-moment', value: 7 });
  });

  test('has its copy named in the log, at every opening for as long as it is there', async () => {
    const here = await place();
    for (let opening = 0; opening < 2; opening += 1) {
      const { store, said } = here.open();
      expect(said).toEqual([expect.stringContaining(`"${name}.schema-2.bak"`)]);
      expect(said[0]).toMatch(/Keys of images that are deleted from now on .* Remove it/);
      expect(said[0]).not.toContain(here.folder);
      expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
      await store.close();
    }
    rmSync(here.path(`${name}.schema-2.bak`));
    expect(here.open().said).toEqual([]);
  });

  test('takes the place of no other copy', async () => {
    const here = await place();
    const others = [`${name}.schema-2.bak`, `${name}.schema-2.bak.2`];
    for (const other of others) writeFileSync(here.path(other), `${other} is another one`);
    mkdirSync(here.path(`${name}.schema-2.bak.3`));
    await here.openAndClose();
    for (const other of others) expect(readFileSync(here.path(other), 'utf8')).toBe(`${other} is another one`);
    expect(here.versionOf(`${name}.schema-2.bak.4`)).toBe(2);
  });

  test('is not copied again when that was done before somebody was killed, whose draft goes', async () => {
    const here = await place();
    copyFileSync(here.path(), here.path('kept'));
    await here.openAndClose();
    copyFileSync(here.path('kept'), here.path());
    for (const end of ['', '-journal']) writeFileSync(here.path(`${name}.bak.partial${end}`), 'what a kill left');
    await here.openAndClose();
    expect(here.files()).toEqual([name, `${name}.schema-2.bak`]);

    // But when something was changed since, it is.
    copyFileSync(here.path('kept'), here.path());
    here.change("UPDATE counters SET value = value + 1 WHERE name = 'commits'");
    await here.openAndClose();
    expect(here.files()).toEqual([name, `${name}.schema-2.bak`, `${name}.schema-2.bak.2`]);
  });

  test('that is damaged is left as it is', async () => {
    const here = await place();
    await here.onDatabase((database) => database.exec('PRAGMA journal_mode = WAL'));
    truncateSync(here.path(), statSync(here.path()).size - 4096);
    const before = here.hashes();
    await failure('DATABASE_INVALID', here.open);
    expect(here.hashes()).toEqual(before);
  });

  test('that SQLite can copy, and that is damaged all the same, is left as it is', async () => {
    const here = await place();
    here.change("PRAGMA ignore_check_constraints = ON; UPDATE parts SET ciphertext = NULL WHERE id = 'plain'");
    const before = here.hashes();
    await failure('DATABASE_INVALID', here.open);
    expect(here.hashes()).toEqual(before);
  });

  test('is waited for while another process copies it', async () => {
    const here = await place();
    const openSql = findDriver();
    /** Somebody else has it for the first three times that it is asked for. */
    function openBusy() {
      let tries = 0;
      const driver: OpenDatabase = (path) =>
        intercept(openSql(path), (_, work, [sql]) => {
          if (sql === 'BEGIN IMMEDIATE' && ++tries <= 3) throw Object.assign(new Error(), { code: 'SQLITE_BUSY' });
          return work();
        });
      return openLocalStore({
        databasePath: here.path(),
        imageRootDir: here.path('images'),
        driver,
        logger: quietLogger(),
      });
    }
    await failure('STORAGE_FAILED', openBusy);
    writeFileSync(here.path(`${name}.bak.partial`), 'what it has copied by now');
    await openBusy().close();
    expect(here.versionOf()).toBe(4);
  });

  test('is not changed while somebody else writes', async () => {
    const here = await place();
    const writer = findDriver()(here.path());
    onTestFinished(() => writer.close());
    writer.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
    await failure('STORAGE_FAILED', here.open);
    expect(here.files().filter((each) => each.includes('.bak'))).toEqual([]);
    writer.exec('COMMIT');
    here.open();
  });
});

describe('a database', () => {
  test('that is new gets no copy', async () => {
    const here = await place();
    rmSync(here.folder, { recursive: true });
    await here.openAndClose();
    expect(here.files()).toEqual([name]);
  });

  test('of a newer schema is left as it is', async () => {
    const here = await place();
    here.change('PRAGMA user_version = 5');
    const before = here.hashes();
    const error = await failure('DATABASE_TOO_NEW', here.open);
    expect(error.message).toContain('4');
    expect(here.hashes()).toEqual(before);
  });

  test('of this schema opens while somebody else writes', async () => {
    const here = await place();
    await here.openAndClose();
    const writer = findDriver()(here.path());
    onTestFinished(() => writer.close());
    writer.exec('BEGIN IMMEDIATE');
    expect(here.open().store.record('plain')).not.toBeNull();
  });

  test('that a newer pixstore has migrated meanwhile is changed by none of our calls', async () => {
    const here = await place();
    const { store } = here.open();
    here.change("PRAGMA user_version = 5; UPDATE store SET nonce = '00000000000000000000000000000000'");
    const before = here.contents();
    await failure('DATABASE_TOO_NEW', () => store.put(versionOf('new', Date.now()), null));
    await failure('DATABASE_TOO_NEW', () => store.remove('plain'));
    await failure('DATABASE_TOO_NEW', () => store.eraseFolder('avatars'));
    await failure('DATABASE_TOO_NEW', async () => store.adopt?.());
    await store.sweep().catch(() => {});
    expect(here.contents()).toEqual(before);
    expect(store.record('plain')).not.toBeNull();
  });

  // SQLite before 3.51 takes a process without locks for gone, and removes the log that it is writing to.
  test.runIf(process.platform === 'linux')('stays locked by whoever has it open, and saves', async () => {
    const here = await place();
    const { store } = here.open();
    await store.put(versionOf('new', Date.now()), null);
    const { ino } = statSync(here.path());
    const ours = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
    expect(ours).not.toEqual([]);
  });
});

test('what folders hold is counted, but for what was erased and is still to be removed', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, name);
  const open = () =>
    openLocalStore({
      databasePath: path,
      imageRootDir: join(folder, 'images'),
      writer: 'inline',
      logger: quietLogger(),
    });
  const store = open();
  await giveKeys(store, 'erased', 1);
  await giveKeys(store, 'kept', 300);
  await store.put(sealedWith(versionOf('erased:one', 1000, 700, ['thumb']), 1), null);
  await store.put(sealedWith(versionOf('kept:one', 1000, 500, ['thumb']), 300), null);
  await store.put(versionOf('none', 1000, 300), null);
  await store.close();
  const database = findDriver()(path);
  // As a crash leaves it right after the keys of a folder were destroyed, and it was used again; of the schema before.
  database.exec(`
    UPDATE folder_keys SET is_destroyed = 1 WHERE folder = 'erased';
    INSERT INTO erasures VALUES ('erased', 1), ('kept', 299);
    DROP TABLE folder_usage;
    PRAGMA user_version = 3;
  `);
  database.close();
  const opened = open();
  onTestFinished(() => opened.close());
  expect(opened.folderUsage?.('erased')).toEqual({ images: 0, bytes: 0 });
  expect(opened.folderUsage?.('kept')).toEqual({ images: 1, bytes: 1000 });
  expect(opened.folderUsage?.('')).toEqual({ images: 1, bytes: 300 });
  await opened.sweep();
  expect(opened.folderUsage?.('erased')).toEqual({ images: 0, bytes: 0 });
  await opened.remove('kept:one');
  expect(opened.folderUsage?.('kept')).toEqual({ images: 0, bytes: 0 });
});
