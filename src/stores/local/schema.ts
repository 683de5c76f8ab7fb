import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { OpenDatabase, SqlDatabase } from './driver.js';
import { bringUpToDate, pauseShortly } from './migration.js';
import { asStorageError, databaseDamaged, isBusy, isNotSqlite } from './storage-error.js';
import { applicationId, isEmpty, readPragma, readVersion, requireKnownVersion } from './tables.js';

/**
 * Opens a database, making it when there is none. One of an older schema is copied, then changed to this one.
 *
 * @throws PixstoreError `DATABASE_INVALID`, `DATABASE_FOREIGN`, `DATABASE_TOO_NEW`, `STORAGE_FULL` or `STORAGE_FAILED`; in
 * no case is anything written to a file that is not ours
 */
export function openDatabase(open: OpenDatabase, path: string, busyTimeout: number): SqlDatabase {
  let database: SqlDatabase;
  try {
    makeIfAbsent(path);
    accessSync(path, constants.W_OK);
    database = open(path);
  } catch (cause) {
    throw isNotSqlite(cause) ? databaseDamaged(cause) : asStorageError(cause, 'open the database; check databasePath');
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
    bringUpToDate(database, { open, path, busyTimeout });
    return database;
  } catch (cause) {
    database.close();
    if (isNotSqlite(cause)) throw databaseDamaged(cause);
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

/**
 * SQLite would make it readable for everybody. One that is there is not even opened: closing it would take the locks of
 * all connections of this process away, and another process that thinks itself the last one removes the log.
 */
function makeIfAbsent(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'EEXIST') throw cause;
  }
}

function checkOwner(database: SqlDatabase): void {
  if (isEmpty(database)) return;
  if (readPragma(database, 'application_id') !== applicationId) {
    throw new PixstoreError(
      'DATABASE_FOREIGN',
      'The file at databasePath belongs to another program (or to pixstore 3.x). It was left as it is; choose another path. What pixstore 3.x kept, migrateFromV3 takes over.',
    );
  }
  requireKnownVersion(readVersion(database));
  // With one of these, what is saved is not what is stored.
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE type IN ('trigger', 'view')").get()) {
    throw new PixstoreError(
      'DATABASE_INVALID',
      'The database has a trigger or a view, which pixstore never makes: somebody else wrote to it. Restore it from a backup.',
    );
  }
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
      pauseShortly();
    }
  }
}
