import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { findDriver, type OpenDatabase, type SqlRow } from '../driver.js';
import { isNotThere } from '../small-files.js';
import { sourceInvalid } from './source-invalid.js';
import { openUntouched, type UntouchedDatabase } from './untouched.js';

export interface OldStoreOptions {
  /** The SQLite file. */
  database: string;
  /** The folder with the files. */
  imageDir: string;
  /** How long another process may hold the database, in ms. */
  busyTimeout: number;
  driver?: OpenDatabase | undefined;
}

// So many rows are read at once.
const pageLength = 100;

const fileEnding = '.pixstore-image';

/**
 * A store that pixstore 3.x made: a row for each image, with its key in the clear, and a file for its ciphertext. Nothing
 * is written to either. What rows say is not believed here.
 *
 * ```text
 * image_records(id TEXT PRIMARY KEY, token INTEGER, meta TEXT)   meta: JSON of key, iv and tag in base64
 * <key>.pixstore-image, <dir>/<key>.pixstore-image               of the ids "key" and "dir:key"
 * ```
 *
 * @throws PixstoreError `SOURCE_INVALID`, `SQLITE_MISSING`
 */
export async function openOldStore({ driver = findDriver(), ...options }: OldStoreOptions) {
  const root = resolve(options.imageDir);
  await requireFolder(root);
  const opened = await openUntouched(driver, resolve(options.database), options.busyTimeout);
  const prepared = await prepareReads(opened);

  const pathOf = (id: string): string => join(root, `${id.replace(':', '/')}${fileEnding}`);

  return {
    /** How many rows there are. */
    count: Number(prepared.count.get()?.count),

    /** In the order they were made, while others change them. */
    async *rows(): AsyncGenerator<SqlRow> {
      for (let page = prepared.page.all(0); page.length > 0; page = prepared.page.all(lastOf(page))) yield* page;
    },

    /** The row of an image, as it is now. */
    row: (id: string): SqlRow | null => prepared.row.get(id) ?? null,

    /** Bytes of the file of an image; null when there is none. @param id - checked against the grammar */
    size: (id: string): Promise<number | null> => ifThere(async () => (await stat(pathOf(id))).size),

    /** The ciphertext of an image; null when there is none. @param id - checked against the grammar */
    ciphertext: (id: string): Promise<Uint8Array | null> =>
      ifThere(async () => {
        const file = await open(pathOf(id), 'r');
        try {
          return await file.readFile();
        } finally {
          await file.close();
        }
      }),

    /** The files that no row names, as they are called in the folder. */
    async *filesWithoutRow(): AsyncGenerator<string> {
      for await (const name of filesIn(root)) {
        const path = relative(root, name).replaceAll('\\', '/');
        const id = path.slice(0, -fileEnding.length).replace('/', ':');
        if (!prepared.row.get(id)) yield path;
      }
    },

    close: opened.close,
  };
}

async function prepareReads({ database, close }: UntouchedDatabase) {
  // A number that JavaScript cannot hold must not end the whole walk.
  const columns = "rowid, id, CASE typeof(token) WHEN 'integer' THEN CAST(token AS TEXT) END AS token, meta";
  try {
    return {
      count: database.prepare('SELECT count(*) AS count FROM image_records'),
      page: database.prepare(`SELECT ${columns} FROM image_records WHERE rowid > ? ORDER BY rowid LIMIT ${pageLength}`),
      row: database.prepare(`SELECT ${columns} FROM image_records WHERE id = ?`),
    };
  } catch (cause) {
    await close();
    throw sourceInvalid('The database has no table image_records as pixstore 3.x makes it', cause);
  }
}

const lastOf = (rows: readonly SqlRow[]): number => Number(rows.at(-1)?.rowid);

async function* filesIn(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.name.endsWith(fileEnding)) yield path;
  }
}

async function requireFolder(path: string): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory()) throw sourceInvalid('What was given as the folder of images is none');
  } catch (cause) {
    if (cause instanceof PixstoreError) throw cause;
    throw sourceInvalid('The folder of images cannot be read', cause);
  }
}

async function ifThere<Found>(find: () => Promise<Found>): Promise<Found | null> {
  try {
    return await find();
  } catch (cause) {
    if (isNotThere(cause)) return null;
    throw new PixstoreError(
      'IMAGE_FILE_UNREADABLE',
      `The file of the image is there, but cannot be read (${(cause as NodeJS.ErrnoException).code}). Check who may read it, and the disk.`,
      { cause },
    );
  }
}
