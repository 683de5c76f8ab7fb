import { PixstoreError } from '../../shared/errors/pixstore-error.js';

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);
const sqliteFull = 13;
const sqliteBusy = 5;
const sqliteNotADatabase = 26;
const sqliteCorrupt = 11;

/** Is it that there is no room left? Then nothing was written to its end. */
export function isFull(cause: unknown): boolean {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return fullCodes.has(String(code)) || errcode === sqliteFull;
}

/** Is it that somebody else is at the database? */
export function isBusy(cause: unknown): boolean {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return String(code).startsWith('SQLITE_BUSY') || errcode === sqliteBusy;
}

export function isNotSqlite(cause: unknown): boolean {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') return true;
  return errcode === sqliteNotADatabase || errcode === sqliteCorrupt;
}

/** Turns what a disk or a database throws into a `PixstoreError`; the original stays reachable as `cause`. */
export function asStorageError(cause: unknown, work: string): PixstoreError {
  if (cause instanceof PixstoreError) return cause;
  if (isFull(cause)) {
    return new PixstoreError(
      'STORAGE_FULL',
      `There is no room left to ${work}. What was stored before is untouched; free some space and try again.`,
      { cause },
    );
  }
  const { code } = cause as { code?: unknown };
  if (code === 'ERR_OUT_OF_RANGE') return rowInvalid(cause); // a number that JavaScript cannot hold
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new PixstoreError(
    'STORAGE_FAILED',
    `The disk or database refused to ${work}${reason}. What was stored before is untouched; "cause" has the details.`,
    { cause },
  );
}

export function rowInvalid(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'DATABASE_ROW_INVALID',
    'A row of the database has a value that pixstore never wrote: it was changed, or is damaged. Restore the database from a backup.',
    { cause },
  );
}

export function databaseDamaged(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'DATABASE_INVALID',
    'The file at databasePath is not an SQLite database, or is damaged. It was left as it is; choose another path or restore a backup.',
    { cause },
  );
}

/** Nothing is made in its place: a disk that was not mounted comes back, and what went to another one is lost. */
export function imageDirMissing(): PixstoreError {
  return new PixstoreError(
    'IMAGE_DIR_MISSING',
    'The images that the database names are not in imageRootDir: a disk that is not mounted, or another folder. Nothing was made or changed; mount it, or correct imageRootDir. Where no image was kept in it, adopt() makes it anew.',
  );
}

export function storeSuperseded(): PixstoreError {
  return new PixstoreError(
    'STORE_SUPERSEDED',
    'Another copy of this database was adopted for imageRootDir: this one can change nothing any more. Use that one, or adopt this one again.',
  );
}
