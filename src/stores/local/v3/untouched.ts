import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { OpenDatabase, SqlDatabase } from '../driver.js';
import { applicationId, readPragma } from '../tables.js';
import { sourceInvalid } from './source-invalid.js';

export interface UntouchedDatabase {
  database: SqlDatabase;
  close(): Promise<void>;
}

/**
 * Opens a database of pixstore 3.x so that not a byte of it changes, and no file is made beside it. One with a log (WAL)
 * SQLite reads only with such a file, and one whose writer was killed only once it has finished what that began: of these
 * a copy is read, which is gone when it is closed. Where the process is killed, the copy stays in the folder for
 * temporary files.
 *
 * @throws PixstoreError `SOURCE_INVALID`
 */
export async function openUntouched(
  driver: OpenDatabase,
  path: string,
  busyTimeout: number,
): Promise<UntouchedDatabase> {
  try {
    const endings = ['-wal', '-journal'].filter((ending) => existsSync(path + ending));
    const mustCopy = endings.length > 0 || (await isLogged(path));
    return mustCopy ? await openCopy(driver, path, endings) : openIt(driver, path, busyTimeout);
  } catch (cause) {
    if (cause instanceof PixstoreError) throw cause;
    throw sourceInvalid('The database cannot be read', cause);
  }
}

function openIt(driver: OpenDatabase, path: string, busyTimeout: number): UntouchedDatabase {
  const database = driver(path, { readOnly: true });
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    requireOther(database);
  } catch (cause) {
    database.close();
    throw cause;
  }
  return { database, close: async () => database.close() };
}

async function openCopy(driver: OpenDatabase, path: string, endings: string[]): Promise<UntouchedDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-v3-')); // nobody else may look into it
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'copy.sqlite');
    for (const ending of ['', ...endings]) await copyFile(path + ending, copy + ending);
    const database = driver(copy);
    try {
      requireOther(database);
    } catch (cause) {
      database.close();
      throw cause;
    }
    return {
      database,
      async close() {
        database.close();
        await discard();
      },
    };
  } catch (cause) {
    await discard();
    throw cause;
  }
}

/** The header says so: asking SQLite would make a file. */
async function isLogged(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    return buffer[18] === 2 || buffer[19] === 2;
  } finally {
    await file.close();
  }
}

function requireOther(database: SqlDatabase): void {
  if (readPragma(database, 'application_id') !== applicationId) return;
  throw sourceInvalid(
    'The database is of this pixstore already: databasePath opens it, and there is nothing to migrate',
  );
}
