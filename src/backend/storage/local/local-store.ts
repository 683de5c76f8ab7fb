import { dirname, resolve } from 'node:path';
import type { Logger } from '../../../shared/errors/gate.js';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { createLifecycle } from '../../../shared/lifecycle.js';
import {
  type ExpectedToken,
  type ImageStore,
  type ImageVersion,
  type MaybePromise,
  type Part,
  type PartRecord,
  type StoreHealth,
  type StoreProblem,
  storeClosed,
} from '../port.js';
import { type BackupSource, backUp } from './backup.js';
import { createBatcher } from './batcher.js';
import { type FileSystem, openBlobFiles } from './blob-files.js';
import type { Command, Outcome } from './commands.js';
import { findDriver, type OpenDatabase } from './driver.js';
import { createFence } from './fence.js';
import { makeFolder } from './folders.js';
import { openIdentity } from './identity.js';
import { createInlineWriter } from './inline-writer.js';
import { createLeftovers, findMissing } from './leftovers.js';
import { createPartReader } from './part-reader.js';
import { prepareReads } from './reads.js';
import { createRecordCache } from './record-cache.js';
import { toPartRows } from './row.js';
import { emptyLog, openDatabase, prepareOn } from './schema.js';
import { createSessions } from './sessions.js';
import { takeSnapshot } from './snapshot.js';
import { asStorageError, ciphertextMissing, imageDirMissing, storeSuperseded } from './storage-error.js';
import type { Writer } from './writer.js';
import { isWriterThreadAvailable, startWriterThread, takeSnapshotOnThread } from './writer-thread.js';
import type { WorkerSettings } from './writer-worker.js';

export interface LocalStoreOptions {
  databasePath: string;
  /** Folder for ciphertexts too large for the database. */
  imageRootDir: string;
  /** Ciphertexts up to so many bytes live in the database. Default: 64 KiB. */
  inlineLimit?: number | undefined;
  /** How long another process may hold the database before a call fails, in ms. Default: 5,000. */
  busyTimeout?: number | undefined;
  /**
   * How long a writer may go on before it begins anew, in ms. What one that died left over is swept once it began twice
   * as long ago. Default: 1 hour.
   */
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

// So that a short sweepAge does not make every save begin anew.
const shortestSession = 60_000; // ms

// A sweep may end the session that a version is being written in. It happens once an hour at most.
const mostRepeats = 5;

/**
 * Records and small ciphertexts in SQLite, larger ones in files of their own. A version's files are on the disk before
 * its row is committed, and the files of the version before it go after: whatever moment a crash picks, the row names
 * a version that is whole.
 *
 * @throws PixstoreError `SQLITE_MISSING`, `IMAGE_DIR_MISSING`, `IMAGE_DIR_UNUSABLE`, `DATABASE_INVALID`,
 * `DATABASE_FOREIGN`, `DATABASE_TOO_NEW` or `STORAGE_FAILED`
 */
export function openLocalStore(options: LocalStoreOptions): ImageStore {
  const { inlineLimit = 64 * 1024, busyTimeout = 5_000, sweepAge = 3_600_000, now = Date.now } = options;
  const logger = options.logger ?? console;
  // As they are now: the program may change its working directory.
  const databasePath = resolve(options.databasePath);
  const root = resolve(options.imageRootDir);
  const driver = options.driver ?? findDriver();
  makeFolder(dirname(databasePath));
  const database = openDatabase(driver, databasePath, busyTimeout);
  const reads = prepareOn(database, prepareReads);
  const identity = prepareOn(database, () => {
    emptyLog(database, busyTimeout);
    const opened = openIdentity(database, reads, { databasePath, root, isElsewhere: options.fileSystem !== undefined });
    if (!opened.mayRemove()) logger.warn(`[pixstore] ${notAdopted}`);
    return opened;
  });
  const cache = createRecordCache(reads);
  const files = openBlobFiles(root, identity.storeId, options.fileSystem);
  const parts = createPartReader(reads, cache, files);
  const workerSettings: WorkerSettings = { databasePath, busyTimeout, folder: identity.folder };
  const writer = prepareOn(database, openWriter);
  // Names of blobs that were given up and are gone. That they are goes along with the next change.
  const gone: string[] = [];
  const submit = createBatcher<Command, Outcome>((commands) => write(commands).finally(cache.expire), {
    maxItems: maxCommit.items,
    maxWeight: maxCommit.bytes,
    weigh: (command) => (command.kind === 'replace' ? command.rows.reduce((sum, { size }) => sum + size, 0) : 0),
  });
  const sessions = createSessions({
    async begin(session, begun) {
      if (!identity.isFolderThere()) throw imageDirMissing();
      await change({ kind: 'begin-session', session, begun });
      await files.makeSession(session);
    },
    end: (session) => change({ kind: 'end-sessions', sessions: [session], ended: Math.floor(now()) }).then(() => {}),
    now,
    maxAge: Math.max(sweepAge, shortestSession),
  });
  const leftovers = createLeftovers({ reads, files, identity, change, now, abandonedAge: 2 * sweepAge, logger });
  const lifecycle = createLifecycle(storeClosed);

  function openWriter(): Writer {
    const onThread = (options.writer ?? 'thread') === 'thread' && !options.driver;
    if (onThread && isWriterThreadAvailable()) {
      return startWriterThread(workerSettings);
    }
    if (onThread) {
      logger.warn(
        '[pixstore] writer-worker.js was not found beside the bundled code: images are written on the main thread. Leave pixstore out of the bundle to write on a thread of its own',
      );
    }
    return createInlineWriter(openDatabase(driver, databasePath, busyTimeout), createFence(identity.folder));
  }

  async function write(commands: Command[]): Promise<Outcome[]> {
    const forgotten = gone.splice(0);
    if (forgotten.length === 0) return writer.run(commands);
    const outcomes = await writer.run([...commands, { kind: 'forget-blobs', files: forgotten }]);
    return outcomes.slice(0, -1);
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
    if (outcome.kind === 'done') await removeGivenUp(outcome.released);
    return outcome.kind === 'done';
  }

  /** Removes blobs that a commit has given up. It is done already: what cannot be removed is left to `sweep`. */
  async function removeGivenUp(names: readonly string[]): Promise<void> {
    for (const name of names) {
      try {
        if (!identity.mayRemove()) return;
        if (!reads.isFileInUse(name)) await files.remove(name);
        gone.push(name);
      } catch {
        // It is noted as given up.
      }
    }
  }

  async function writeFiles(session: string, parts: readonly Part[]): Promise<(string | null)[]> {
    const written: (string | null)[] = [];
    try {
      for (const { ciphertext } of parts) {
        written.push(ciphertext.length > inlineLimit ? await files.write(session, ciphertext) : null);
      }
    } catch (error) {
      await discard(written);
      throw error;
    }
    return written;
  }

  /** Removes what was just written, and that no row will name. What cannot be removed is left to `sweep`. */
  async function discard(names: readonly (string | null)[]): Promise<void> {
    for (const name of names) {
      try {
        // When a commit is said to have failed, it may have been done all the same.
        if (name && !reads.isFileInUse(name)) await files.remove(name);
      } catch {
        // No row names it.
      }
    }
  }

  /** @returns false when another version is stored than the expected one */
  async function put(version: ImageVersion, expectedToken: ExpectedToken): Promise<boolean> {
    const blobs = version.parts.filter(({ ciphertext }) => ciphertext.length > inlineLimit).length;
    if (blobs === 0) return change(replacing(version, expectedToken, [], null)); // joins a batch in this same turn
    for (let repeats = 0; ; repeats += 1) {
      const done = await putInSession(version, expectedToken, blobs);
      if (done !== 'session ended') return done;
      if (repeats === mostRepeats) throw sessionsEnd();
    }
  }

  async function putInSession(version: ImageVersion, expectedToken: ExpectedToken, blobs: number) {
    const session = await sessions.enter(blobs);
    try {
      const written = await writeFiles(session.id, version.parts);
      const outcome = await submit(replacing(version, expectedToken, written, session.id));
      if (outcome.kind === 'done') {
        await removeGivenUp(outcome.released);
        return true;
      }
      // After a commit that failed, a crash might yet bring its row back.
      if (outcome.kind !== 'failed' || !outcome.uncertain) await discard(written);
      if (outcome.kind === 'failed') throw outcome.error;
      if (outcome.kind === 'refused') return false;
    } catch (error) {
      // A sweep that ended the session may have taken its folder as well.
      if (!isFolderGone(error) || !identity.isFolderThere()) throw error;
    } finally {
      sessions.leave(session);
    }
    sessions.retire(session);
    return 'session ended';
  }

  /** Reads at once if that is possible; else `close` waits for it. */
  function read<Found>(find: () => MaybePromise<Found>): MaybePromise<Found> {
    const found = lookUp(find);
    return found instanceof Promise ? run('read an image', () => found) : found;
  }

  const record = (id: string, recent?: boolean): PartRecord | null => lookUp(() => cache.record(id, recent));

  function health(): StoreHealth {
    reads.usage();
    const failed = [
      ...(identity.isFolderThere() ? [] : [imageDirMissing().message]),
      ...(identity.isSuperseded() ? [storeSuperseded().message] : []),
    ];
    const missing = identity.missing + parts.missing();
    const degraded = [
      ...(missing > 0 ? [ciphertextMissing().message] : []),
      ...(identity.mayRemove() ? [] : [notAdopted]),
    ];
    const status = failed.length > 0 ? 'failed' : degraded.length > 0 ? 'degraded' : 'ok';
    return { status, problems: [...failed, ...degraded] };
  }

  const backupSource: BackupSource = {
    database,
    reads,
    files,
    snapshot: async (target) =>
      writer.kind === 'thread'
        ? takeSnapshotOnThread(workerSettings, target)
        : takeSnapshot(driver, databasePath, busyTimeout, target),
    openSql: driver,
    busyTimeout,
    openStore: (copy, images) =>
      openLocalStore({ databasePath: copy, imageRootDir: images, writer: 'inline', driver, logger: silent }),
  };

  async function findProblems(): Promise<StoreProblem[]> {
    const problems: StoreProblem[] = [];
    for await (const problem of findMissing(reads, files)) problems.push(problem);
    for await (const problem of leftovers.problems()) problems.push(problem);
    return problems;
  }

  return {
    supports: { syncRecords: true, persistence: true },
    put: (version, expectedToken) => run('save an image', () => put(version, expectedToken)),
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
    check: () => run('check the images', findProblems),
    sweep: ({ all } = {}) => run('sweep leftovers', () => leftovers.sweep(all)),

    health: () => lookUp(health),
    backup: (folder) => run('make a backup', () => backUp(resolve(folder), backupSource)),
    adopt: () =>
      run('adopt the database', () =>
        identity.adopt((epoch, unknown) => change({ kind: 'adopt', epoch, sessions: unknown, at: Math.floor(now()) })),
      ),

    close: () =>
      lifecycle.close(async () => {
        await parts.close();
        await sessions.close();
        if (gone.length > 0) await change({ kind: 'forget-blobs', files: gone.splice(0) }).catch(() => {});
        await writer.close();
        database.close();
      }),
  };
}

function replacing(
  version: ImageVersion,
  expectedToken: ExpectedToken,
  files: readonly (string | null)[],
  session: string | null,
): Command {
  const { id, token } = version;
  return { kind: 'replace', id, token, expectedToken, rows: toPartRows(version, files), session };
}

function isFolderGone(error: unknown): boolean {
  return error instanceof PixstoreError && error.code === 'IMAGE_DIR_MISSING';
}

function sessionsEnd(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'What was written was swept before it could be committed, again and again. Check that the clocks of all processes agree, and that nobody sweeps all the time.',
  );
}

const silent: Logger = { info() {}, warn() {}, error() {} };

const notAdopted =
  'imageRootDir has seen a later state of this database, or another copy of it: images are served and saved, and no file is removed until you say by adopt() that this database is the right one.';
