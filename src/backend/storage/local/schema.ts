import { closeSync, openSync } from 'node:fs';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { OpenDatabase, SqlDatabase } from './driver.js';
import { asStorageError } from './storage-error.js';

/** "Pxst": tells our files from those of other programs. */
const applicationId = 0x50787374;

/** Who writes must see this version in the same transaction: a newer pixstore may have migrated the database meanwhile. */
export const schemaVersion = 3;

const marks = `
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

// Wide columns come last: SQLite reads a row front to back, so looking up a record never touches its ciphertext.
const createImages = `
  CREATE TABLE parts (
    id         TEXT    NOT NULL PRIMARY KEY,
    token      INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    iv         BLOB    NOT NULL,
    tag        BLOB    NOT NULL,
    sealed_key BLOB    NOT NULL,
    file       TEXT,
    ciphertext BLOB,
    CHECK ((file IS NULL) <> (ciphertext IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX parts_by_file ON parts (file) WHERE file IS NOT NULL;
  CREATE TABLE master_keys (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

// One row says which store this is: see `identity.ts`. Sessions: `sessions.ts`. Blobs to be removed: `leftovers.ts`.
const createIdentity = `
  CREATE TABLE store (
    only_one   INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    id         TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    nonce      TEXT    NOT NULL,
    next_nonce TEXT,
    is_marked  INTEGER NOT NULL,
    is_adopted INTEGER NOT NULL
  ) STRICT;
  INSERT INTO store VALUES (1, lower(hex(randomblob(16))), 1, lower(hex(randomblob(16))), NULL, 0, 1);
  CREATE TABLE sessions (id TEXT NOT NULL PRIMARY KEY, begun INTEGER NOT NULL, ended INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE given_up_blobs (file TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

// Rows of folder_keys are added at the end and overwritten in place, never moved: so no page keeps a copy of a key that
// was destroyed. Counts, which change their length, are therefore apart. Generation 0 of a folder says that it was erased
// before it had keys. A row of `erasures`: images of that folder are still to be removed, up to that generation.
const createKeys = `
  CREATE TABLE key_ring (
    only_one INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    version  INTEGER NOT NULL,
    bytes    BLOB    NOT NULL
  ) STRICT;
  CREATE TABLE folder_keys (
    number       INTEGER NOT NULL PRIMARY KEY,
    folder       TEXT    NOT NULL,
    generation   INTEGER NOT NULL,
    is_destroyed INTEGER NOT NULL,
    wrapped      BLOB    NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX folder_keys_by_folder ON folder_keys (folder, generation);
  CREATE TABLE sealed_counts (folder_key INTEGER NOT NULL PRIMARY KEY, sealed INTEGER NOT NULL) STRICT;
  CREATE TABLE erasures (folder TEXT NOT NULL PRIMARY KEY, generation INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/**
 * Opens a database, making it when there is none.
 *
 * @throws PixstoreError `DATABASE_INVALID`, `DATABASE_FOREIGN`, `DATABASE_TOO_NEW` or `STORAGE_FAILED`; in no case is
 * anything written to a file that is not ours
 */
export function openDatabase(open: OpenDatabase, path: string, busyTimeout: number): SqlDatabase {
  let database: SqlDatabase;
  try {
    closeSync(openSync(path, 'a', 0o600)); // SQLite would make it readable for everybody
    database = open(path);
  } catch (cause) {
    throw isNotSqlite(cause) ? invalidFile(cause) : asStorageError(cause, 'open the database; check databasePath');
  }
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    checkOwner(database);
    useWriteAheadLog(database, busyTimeout);
    database.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA trusted_schema = OFF;
    `);
    bringUpToDate(database);
    return database;
  } catch (cause) {
    database.close();
    if (isNotSqlite(cause)) throw invalidFile(cause);
    throw asStorageError(cause, 'open the database; check databasePath');
  }
}

/**
 * Makes ready what is to be done with an open database, and closes it when that fails.
 *
 * @throws PixstoreError `STORAGE_FAILED`, or what `prepare` throws of ours
 */
export function prepareOn<Prepared>(database: SqlDatabase, prepare: (database: SqlDatabase) => Prepared): Prepared {
  try {
    return prepare(database);
  } catch (cause) {
    database.close();
    throw asStorageError(cause, 'open the database; check databasePath');
  }
}

function checkOwner(database: SqlDatabase): void {
  if (isEmpty(database)) return;
  if (pragma(database, 'application_id') !== applicationId) {
    throw new PixstoreError(
      'DATABASE_FOREIGN',
      'The file at databasePath belongs to another program (or to pixstore 3.x). It was left as it is; choose another path.',
    );
  }
  const version = readVersion(database);
  if (version > schemaVersion) throw databaseTooNew(version);
  // With one of these, what is saved is not what is stored.
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE type IN ('trigger', 'view')").get()) {
    throw new PixstoreError(
      'DATABASE_INVALID',
      'The database has a trigger or a view, which pixstore never makes: somebody else wrote to it. Restore it from a backup.',
    );
  }
}

export function databaseTooNew(version: number): PixstoreError {
  return new PixstoreError(
    'DATABASE_TOO_NEW',
    `The database has schema version ${version}; this pixstore knows versions up to ${schemaVersion}. Update pixstore.`,
  );
}

/**
 * Of several processes that make a database at the same time only one can do this; the others are told "busy" at once,
 * without the wait that busy_timeout promises.
 */
function useWriteAheadLog(database: SqlDatabase, busyTimeout: number): void {
  const giveUp = performance.now() + busyTimeout;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (cause) {
      if (!isBusy(cause) || performance.now() >= giveUp) throw cause;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyPause);
    }
  }
}

/** Looks again when it has the lock: another process may have done it meanwhile. */
function bringUpToDate(database: SqlDatabase): void {
  database.exec('BEGIN IMMEDIATE');
  const version = isEmpty(database) ? 0 : readVersion(database);
  // Processes of schema 1 may go on: what they change is whole, and blobs that they leave behind are swept.
  const steps = [createImages, createIdentity, createKeys].slice(version);
  if (steps.length > 0) database.exec(steps.join('') + marks);
  database.exec('COMMIT');
}

function readVersion(database: SqlDatabase): number {
  return pragma(database, 'user_version');
}

function isEmpty(database: SqlDatabase): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

function pragma(database: SqlDatabase, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

const busy = 5;
const busyPause = 10; // ms
const notADatabase = 26;
const corrupt = 11;

function isBusy(cause: unknown): boolean {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return String(code).startsWith('SQLITE_BUSY') || errcode === busy;
}

function isNotSqlite(cause: unknown): boolean {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT' || errcode === notADatabase || errcode === corrupt;
}

function invalidFile(cause: unknown): PixstoreError {
  return new PixstoreError(
    'DATABASE_INVALID',
    'The file at databasePath is not an SQLite database, or is damaged. It was left as it is; choose another path or restore a backup.',
    { cause },
  );
}
