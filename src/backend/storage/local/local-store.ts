import { dirname, resolve } from 'node:path';
import type { Logger } from '../../../shared/errors/gate.js';
import { createLifecycle } from '../../../shared/lifecycle.js';
import { type ImageStore, type MaybePromise, type Part, type PartRecord, storeClosed } from '../port.js';
import { createBatcher } from './batcher.js';
import { type FileSystem, openBlobFiles } from './blob-files.js';
import type { Command, Outcome } from './commands.js';
import { findDriver, type OpenDatabase } from './driver.js';
import { makeFolder, makeWritableFolder } from './folders.js';
import { createInlineWriter } from './inline-writer.js';
import { findLeftovers, findProblems } from './maintenance.js';
import { createPartReader } from './part-reader.js';
import { prepareReads } from './reads.js';
import { createRecordCache } from './record-cache.js';
import { toPartRows } from './row.js';
import { openDatabase, prepareOn } from './schema.js';
import { asStorageError } from './storage-error.js';
import type { Writer } from './writer.js';
import { isWriterThreadAvailable, startWriterThread } from './writer-thread.js';

export interface LocalStoreOptions {
  databasePath: string;
  /** Folder for ciphertexts too large for the database. */
  imageRootDir: string;
  /** Ciphertexts up to so many bytes live in the database. Default: 64 KiB. */
  inlineLimit?: number | undefined;
  /** How long another process may hold the database before a call fails, in ms. Default: 5,000. */
  busyTimeout?: number | undefined;
  /** Files without a record are swept once they are older than this, in ms: younger ones may still get theirs. Default: 1 hour. */
  sweepAge?: number | undefined;
  /** `inline` writes on the calling thread instead of one of its own. Default: `thread`. */
  writer?: Writer['kind'] | undefined;
  now?: (() => number) | undefined;
  logger?: Logger | undefined;
  /** For tests: a database driver and a file system that fail. They imply the inline writer. */
  driver?: OpenDatabase | undefined;
  fileSystem?: FileSystem | undefined;
}

// One commit takes so many changes at most, so that none waits long behind the others.
const maxCommit = { items: 256, bytes: 8 * 1024 * 1024 };

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
  // As they are now: the program may change its working directory.
  const databasePath = resolve(options.databasePath);
  const imageRootDir = resolve(options.imageRootDir);
  const driver = options.driver ?? findDriver();
  makeWritableFolder(imageRootDir);
  makeFolder(dirname(databasePath));
  const database = openDatabase(driver, databasePath, busyTimeout);
  const reads = prepareOn(database, prepareReads);
  const cache = createRecordCache(reads);
  const files = openBlobFiles(imageRootDir, options.fileSystem);
  const parts = createPartReader(reads, cache, files);
  const writer = prepareOn(database, openWriter);
  const submit = createBatcher<Command, Outcome>((commands) => writer.run(commands).finally(cache.expire), {
    maxItems: maxCommit.items,
    maxWeight: maxCommit.bytes,
    weigh: (command) => (command.kind === 'replace' ? command.rows.reduce((sum, { size }) => sum + size, 0) : 0),
  });
  const lifecycle = createLifecycle(storeClosed);

  function openWriter(): Writer {
    const onThread = (options.writer ?? 'thread') === 'thread' && !options.driver;
    if (onThread && isWriterThreadAvailable()) return startWriterThread({ databasePath, busyTimeout });
    if (onThread) {
      (options.logger ?? console).warn(
        '[pixstore] writer-worker.js was not found beside the bundled code: images are written on the main thread. Leave pixstore out of the bundle to write on a thread of its own',
      );
    }
    return createInlineWriter(openDatabase(driver, databasePath, busyTimeout));
  }

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

  /** @returns false when the command was refused */
  async function change(command: Command): Promise<boolean> {
    const outcome = await submit(command);
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'done') await discard(outcome.released);
    return outcome.kind === 'done';
  }

  /** Removes files unless a row names them. One that cannot be looked up or removed is left to `sweep`. */
  async function discard(names: readonly (string | null)[]): Promise<void> {
    for (const name of names) if (name) await discardFile(name).catch(() => {});
  }

  async function discardFile(name: string): Promise<void> {
    if (!reads.isFileInUse(name)) await files.remove(name);
  }

  async function writeFiles(parts: readonly Part[]): Promise<(string | null)[]> {
    const written: (string | null)[] = [];
    try {
      for (const { ciphertext } of parts) {
        written.push(ciphertext.length > inlineLimit ? await files.write(ciphertext) : null);
      }
    } catch (error) {
      await discard(written);
      throw error;
    }
    return written;
  }

  /** Reads at once if that is possible; else `close` waits for it. */
  function read<Found>(find: () => MaybePromise<Found>): MaybePromise<Found> {
    const found = lookUp(find);
    return found instanceof Promise ? run('read an image', () => found) : found;
  }

  const record = (id: string, recent?: boolean): PartRecord | null => lookUp(() => cache.record(id, recent));
  const leftovers = () => findLeftovers(reads, files, now() - sweepAge);

  return {
    supports: { syncRecords: true, persistence: true },

    put: (version, expectedToken) =>
      run('save an image', async () => {
        const { id, token, parts } = version;
        const isSmall = parts.every(({ ciphertext }) => ciphertext.length <= inlineLimit);
        const written = isSmall ? [] : await writeFiles(parts); // small ones join a batch in this same turn
        const rows = toPartRows(version, written);
        const outcome = await submit({ kind: 'replace', id, token, expectedToken, rows });
        if (outcome.kind === 'done') await discard(outcome.released);
        else if (outcome.kind === 'refused' || !outcome.uncertain) await discard(written);
        if (outcome.kind === 'failed') throw outcome.error;
        return outcome.kind === 'done';
      }),

    read: (id) => read(() => parts.read(id)),
    open: (id, wholeUpTo) => read(() => parts.open(id, wholeUpTo)),
    record,
    records: (ids) => ids.map((id) => record(id)),
    remove: (id) => run('remove an image', () => change({ kind: 'remove', id })),

    async *list(prefix = '', after = '') {
      const pageAfter = (last: string) => lookUp(() => reads.list(prefix, last));
      for (let page = pageAfter(after); page.length > 0; page = pageAfter(page.at(-1) as string)) yield* page;
    },

    reseal: (id, token, sealedKey) => run('reseal a key', () => change({ kind: 'reseal', id, token, sealedKey })),
    lastRemovedToken: () => lookUp(reads.lastRemovedToken),
    masterKeyIds: () => lookUp(reads.masterKeyIds),
    noteMasterKey: (keyId) =>
      run('note a master key', async () => {
        await change({ kind: 'note-master-key', keyId });
      }),
    usage: () => lookUp(reads.usage),
    check: () => run('check the images', () => findProblems(reads, files, leftovers())),

    sweep: () =>
      run('sweep leftovers', async () => {
        let removed = 0;
        for await (const name of leftovers()) {
          await files.remove(name);
          removed += 1;
        }
        return removed;
      }),

    close: () =>
      lifecycle.close(async () => {
        await parts.close();
        await writer.close();
        database.close();
      }),
  };
}
