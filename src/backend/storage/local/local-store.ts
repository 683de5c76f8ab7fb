import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { createLifecycle } from '../../../shared/lifecycle.js';
import {
  type ImageStore,
  type ImageVersion,
  type PartRecord,
  type StoredPart,
  type StoreProblem,
  storeClosed,
} from '../port.js';
import { type FileSystem, openBlobFiles } from './blob-files.js';
import { findDriver, type OpenDatabase } from './driver.js';
import { openRows, type Placement } from './rows.js';
import { openDatabase } from './schema.js';
import { asStorageError } from './storage-error.js';

export interface LocalStoreOptions {
  databasePath: string;
  /** Folder for ciphertexts too large for the database. */
  imageRootDir: string;
  /** Ciphertexts up to so many bytes live in the database. Default: 64 KiB. */
  inlineLimit?: number;
  /** How long another process may hold the database before a call fails, in ms. Default: 5,000. */
  busyTimeout?: number;
  /** Files without a record are swept once they are older than this, in ms: younger ones may still get theirs. Default: 1 hour. */
  sweepAge?: number;
  now?: () => number;
  /** For tests: a database driver and a file system that fail. */
  driver?: OpenDatabase;
  fileSystem?: FileSystem;
}

/**
 * Records and small ciphertexts in SQLite, larger ones in files of their own. A version's files are on the disk before
 * its row is committed, and the files of the version before it go after: whatever moment a crash picks, the row names
 * a version that is whole.
 *
 * @throws PixstoreError `SQLITE_MISSING`, `IMAGE_DIR_UNUSABLE`, `DATABASE_INVALID`, `DATABASE_FOREIGN`,
 * `DATABASE_TOO_NEW` or `STORAGE_FAILED`
 */
export function openLocalStore(options: LocalStoreOptions): ImageStore {
  const { inlineLimit = 64 * 1024, busyTimeout = 5_000, sweepAge = 3_600_000, now = Date.now } = options;
  const driver = options.driver ?? findDriver();
  ensureWritable(options.imageRootDir);
  ensureFolder(dirname(options.databasePath));
  const database = openDatabase(driver, options.databasePath, busyTimeout);
  const rows = openRows(database);
  const files = openBlobFiles(options.imageRootDir, options.fileSystem);
  const lifecycle = createLifecycle(storeClosed);

  function lookUp<Result>(look: () => Result): Result {
    lifecycle.requireOpen();
    try {
      return look();
    } catch (error) {
      throw asStorageError(error, 'look up an image');
    }
  }

  /** Runs work so that `close` waits for it, and gives its errors a code. */
  function run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    return lifecycle.track(async () => {
      try {
        return await work();
      } catch (error) {
        throw asStorageError(error, name);
      }
    });
  }

  async function place({ parts }: ImageVersion): Promise<Placement[]> {
    const placements: Placement[] = [];
    try {
      for (const { ciphertext } of parts) {
        placements.push(ciphertext.length > inlineLimit ? await files.write(ciphertext) : null);
      }
    } catch (error) {
      await discard(placements);
      throw error;
    }
    return placements;
  }

  /** Removes files that no row names (any more). One that cannot be removed is left to `sweep`. */
  async function discard(names: readonly Placement[]): Promise<void> {
    for (const name of names) if (name) await files.remove(name).catch(() => {});
  }

  async function readPart(id: string): Promise<StoredPart | null> {
    let vanished: string | undefined;
    for (;;) {
      const row = rows.row(id);
      if (!row) return null;
      const { file, ciphertext: inline, ...record } = row;
      if (inline) return { ...record, ciphertext: inline };
      const ciphertext = await files.read(file as string);
      if (ciphertext?.length === record.size) return { ...record, ciphertext };
      // An update may have removed the file after we saw its row: then the row names another one by now.
      if (vanished === file) {
        throw new PixstoreError(
          'CIPHERTEXT_MISSING',
          'The file with the ciphertext of an image is gone or damaged. Restore imageRootDir from the same backup as the database.',
        );
      }
      vanished = file as string;
    }
  }

  async function* leftovers(): AsyncIterable<string> {
    for await (const { name, modified } of files.list()) {
      if (now() - modified >= sweepAge && !rows.isFileInUse(name)) yield name;
    }
  }

  const record = (id: string): PartRecord | null => lookUp(() => rows.record(id));

  return {
    supports: { syncRecords: true, persistence: true },

    put: (version, expectedToken) =>
      run('save an image', async () => {
        const placements = await place(version);
        let replaced: string[] | null;
        try {
          replaced = rows.replace(version, placements, expectedToken);
        } catch (error) {
          await discard(placements);
          throw error;
        }
        await discard(replaced ?? placements);
        return replaced !== null;
      }),

    read: (id) => run('read an image', () => readPart(id)),

    record,
    records: (ids) => ids.map(record),

    remove: (id) =>
      run('remove an image', async () => {
        const removed = rows.remove(id);
        await discard(removed ?? []);
        return removed !== null;
      }),

    async *list(prefix = '', after = '') {
      const pageAfter = (last: string) => lookUp(() => rows.list(prefix, last));
      for (let page = pageAfter(after); page.length > 0; page = pageAfter(page.at(-1) as string)) yield* page;
    },

    reseal: (id, token, sealedKey) => run('reseal a key', async () => rows.reseal(id, token, sealedKey)),

    lastRemovedToken: () => lookUp(rows.lastRemovedToken),
    masterKeyIds: () => lookUp(rows.masterKeyIds),
    noteMasterKey: (keyId) => lookUp(() => rows.noteMasterKey(keyId)),

    check: () =>
      run('check the images', async () => {
        const problems: StoreProblem[] = [];
        for (let page = rows.partsInFiles(''); page.length > 0; page = rows.partsInFiles(page.at(-1)?.id as string)) {
          for (const { id, file, size } of page) {
            const found = await files.size(file);
            if (found === null) problems.push({ kind: 'ciphertext-missing', subject: id });
            else if (found !== size) problems.push({ kind: 'ciphertext-damaged', subject: id });
          }
        }
        for await (const name of leftovers()) problems.push({ kind: 'leftover', subject: name });
        return problems;
      }),

    sweep: () =>
      run('sweep leftovers', async () => {
        let removed = 0;
        for await (const name of leftovers()) {
          await files.remove(name);
          removed += 1;
        }
        return removed;
      }),

    close: () => lifecycle.close(() => database.close()),
  };
}

function ensureWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new PixstoreError(
      'IMAGE_DIR_UNUSABLE',
      'The folder at imageRootDir cannot be made or written. Check that it is a folder and who owns it.',
      { cause },
    );
  }
}

function ensureFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw asStorageError(cause, 'make the folder of the database; check databasePath');
  }
}
