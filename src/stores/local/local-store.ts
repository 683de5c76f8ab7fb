import { dirname, resolve } from 'node:path';
import { guardLogger } from '../../shared/callbacks.js';
import { checkedClock } from '../../shared/clock.js';
import type { Logger } from '../../shared/errors/gate.js';
import { joinId, variantOf } from '../../shared/image-id.js';
import { createLifecycle } from '../../shared/lifecycle.js';
import {
  type ImageStore,
  type MaybePromise,
  type PartRecord,
  type SealedKey,
  type StoreProblem,
  storeClosed,
} from '../port.js';
import { type BackupSource, backUp } from './backup.js';
import { type FileSystem, openBlobFiles } from './blob-files.js';
import { createChanges } from './changes.js';
import { findDriver, type OpenDatabase } from './driver.js';
import { createErasing } from './erasing.js';
import { createFence } from './fence.js';
import { makeFolder } from './folders.js';
import { healthOf, notAdopted } from './health.js';
import { openIdentity } from './identity.js';
import { createInlineWriter } from './inline-writer.js';
import { createLeftovers, findMissing } from './leftovers.js';
import { createPartReader } from './part-reader.js';
import { createPut, type Put } from './put.js';
import { type NumberedKey, prepareReads } from './reads.js';
import { createRecordCache } from './record-cache.js';
import { openDatabase, prepareOn } from './schema.js';
import { backupsAreThere, schemaBackups } from './schema-backup.js';
import { createSessions } from './sessions.js';
import { takeSnapshot } from './snapshot.js';
import { asStorageError, imageDirMissing } from './storage-error.js';
import { emptyLog, logPatience } from './wal-eraser.js';
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

// So that a short sweepAge does not make every save begin anew.
const shortestSession = 60_000; // ms

/**
 * Records and small ciphertexts in SQLite, larger ones in files of their own. A version's files are on the disk before
 * its row is committed, and the files of the version before it go after: whatever moment a crash picks, the row names
 * a version that is whole.
 *
 * @throws PixstoreError `SQLITE_MISSING`, `IMAGE_DIR_MISSING`, `IMAGE_DIR_UNUSABLE`, `DATABASE_INVALID`,
 * `DATABASE_FOREIGN`, `DATABASE_TOO_NEW`, `STORAGE_FULL` or `STORAGE_FAILED`
 */
export function openLocalStore(options: LocalStoreOptions): ImageStore {
  const { inlineLimit = 64 * 1024, busyTimeout = 5_000, sweepAge = 3_600_000 } = options;
  const now = checkedClock(options.now ?? Date.now);
  const logger = guardLogger(options.logger ?? console, console);
  const time = () => Math.floor(now());
  // As they are now: the program may change its working directory.
  const databasePath = resolve(options.databasePath);
  const root = resolve(options.imageRootDir);
  const driver = options.driver ?? findDriver();
  makeFolder(dirname(databasePath));
  const database = openDatabase(driver, databasePath, busyTimeout);
  const backups = schemaBackups(databasePath);
  if (backups.length > 0) logger.info(`[pixstore] ${backupsAreThere(backups)}`);
  const reads = prepareOn(database, prepareReads);
  const identity = prepareOn(database, () => {
    const opened = openIdentity(database, reads, { databasePath, root, isElsewhere: options.fileSystem !== undefined });
    emptyLog(database, logPatience, busyTimeout); // keys that were removed before a crash are in no log any more
    if (!opened.isAdopted()) logger.warn(`[pixstore] ${notAdopted}`);
    return opened;
  });
  const cache = createRecordCache(reads);
  const files = prepareOn(database, () => openBlobFiles(root, identity.storeId, options.fileSystem));
  const parts = createPartReader(reads, cache, files);
  const workerSettings: WorkerSettings = { databasePath, busyTimeout, folder: identity.folder };
  const writer = prepareOn(database, openWriter);
  const changes = createChanges({ writer, reads, cache, files, identity });
  const sessions = createSessions({
    async begin(session, begun) {
      if (!identity.isFolderThere()) throw imageDirMissing();
      await changes.make({ kind: 'begin-session', session, begun });
      try {
        await files.makeSession(session);
      } catch (error) {
        await changes.make({ kind: 'forget-session', session }).catch(() => {});
        throw error;
      }
    },
    end: async (session) => changes.make({ kind: 'end-sessions', sessions: [session], ended: time() }),
    now,
    maxAge: Math.max(sweepAge, shortestSession),
  });
  const put = createPut({ changes, sessions, reads, files, identity, inlineLimit });
  const erasing = createErasing(reads, changes);
  const leftovers = createLeftovers({ reads, files, identity, changes, time, abandonedAge: 2 * sweepAge, logger });
  const lifecycle = createLifecycle(storeClosed);

  function openWriter(): Writer {
    const onThread = (options.writer ?? 'thread') === 'thread' && !options.driver;
    if (onThread && isWriterThreadAvailable()) return startWriterThread(workerSettings);
    if (onThread) {
      logger.warn(
        '[pixstore] writer-worker.js was not found beside the bundled code: images are written on the main thread. Leave pixstore out of the bundle to write on a thread of its own',
      );
    }
    return createInlineWriter(openDatabase(driver, databasePath, busyTimeout), createFence(identity.folder));
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

  /** Reads at once if that is possible; else `close` waits for it. */
  function read<Found>(find: () => MaybePromise<Found>): MaybePromise<Found> {
    const found = lookUp(find);
    return found instanceof Promise ? run('read an image', () => found) : found;
  }

  const record = (id: string, variant?: string, recent?: boolean): PartRecord | null =>
    lookUp(() => cache.record(id, variant, recent));

  /** A page after the other, until there is none. */
  async function* paged<Item>(pageAfter: (last: Item | undefined) => Item[]): AsyncGenerator<Item[]> {
    for (let page = lookUp(() => pageAfter(undefined)); page.length > 0; ) {
      yield page;
      const last = page.at(-1);
      page = lookUp(() => pageAfter(last));
    }
  }

  async function findProblems(): Promise<StoreProblem[]> {
    const problems: StoreProblem[] = [];
    for await (const problem of findMissing(reads, files)) problems.push(problem);
    for await (const problem of leftovers.problems()) problems.push(problem);
    return problems;
  }

  // Nobody waits for it, and it may fail: the folders' keys are gone, and the next opening or sweep tries again.
  run('go on with erasing', erasing.resume).catch(() => {});

  return {
    supports: { syncRecords: true, persistence: true },
    put: ({ id, token, parts }, expectedToken) =>
      run('save an image', async () => {
        const command: Put['command'] = (rows, session) => {
          return { kind: 'replace', id, token, expectedToken, rows, session };
        };
        return (await put({ id, token, parts, command })) !== null;
      }),
    addParts: (id, token, parts) =>
      run('add to an image', async () => {
        const command: Put['command'] = (rows, session) => ({ kind: 'add-parts', id, token, rows, session });
        const done = await put({ id, token, parts, command });
        return done && (done.added ?? []).map((joined) => variantOf(joined) as string);
      }),
    read: (id, variant) => read(() => parts.read(id, variant)),
    open: (id, variant, wholeUpTo) => read(() => parts.open(id, variant, wholeUpTo)),
    record,
    records: (names) => lookUp(() => names.map(({ id, variant }) => cache.record(id, variant))),
    version: (id) =>
      lookUp(
        () =>
          cache.settled(
            () => reads.version(id),
            ([original]) => original?.sealedKey,
            (rows, withKey) => {
              const parts = rows.flatMap((row) => withKey(row) ?? []);
              return parts.length === rows.length ? parts : null;
            },
          ) ?? reads.version(id).flatMap((row) => cache.withKey(row) ?? []),
      ),
    remove: (id) => run('remove an image', async () => (await changes.make({ kind: 'remove', id })) !== null),

    async *list(prefix = '', after = '') {
      // Looked at as soon as it is read, however slowly the caller goes on.
      const found = paged<ListedImage>((last) =>
        reads
          .list(prefix, last?.id ?? after)
          .map(({ id, sealedKey }) => ({ id, isThere: cache.isThere(id, sealedKey) })),
      );
      for await (const page of found) yield* page.filter(({ isThere }) => isThere).map(({ id }) => id);
    },

    async *sealedKeys() {
      const found = paged<ListedKey>((last) =>
        reads
          .sealedKeys(last?.rowid ?? 0)
          .map(({ rowid, ...sealed }) => ({ rowid, sealed: cache.withFolderKey(sealed) })),
      );
      for await (const page of found) yield page.flatMap(({ sealed }) => sealed ?? []);
    },

    reseal: (resealed) =>
      run('seal keys anew', async () => {
        const joined = resealed.map(({ id, variant, token, sealedKey }) => ({
          id: joinId(id, variant),
          token,
          sealedKey,
        }));
        return (await changes.make({ kind: 'reseal', keys: joined }))?.resealed ?? 0;
      }),
    lastRemovedToken: () => lookUp(reads.lastRemovedToken),

    keyRing: () => lookUp(cache.keyRing),
    putKeyRing: (bytes, expectedVersion) =>
      run('keep the key ring', async () => {
        const done = await changes.make({ kind: 'put-key-ring', bytes, expectedVersion });
        return done !== null;
      }),
    masterKeyIds: () => lookUp(reads.masterKeyIds),
    folderKey: (folder) => lookUp(() => cache.folderKey(folder)),
    async *folderKeys() {
      for await (const page of paged<NumberedKey>((last) => reads.folderKeys(last?.number ?? 0))) {
        yield page.map(({ key }) => key);
      }
    },
    addFolderKey: (key, ringVersion) =>
      run('add a key', async () => {
        const done = await changes.make({ kind: 'add-folder-key', ...key, ringVersion });
        return done !== null;
      }),
    destroyFolderKeys: (keys) =>
      run('destroy keys', async () => {
        await changes.make({ kind: 'destroy-folder-keys', keys });
      }),
    eraseFolder: (folder) => run('erase a folder', () => erasing.erase(folder)),

    usage: () => lookUp(reads.usage),
    check: () => run('check the images', findProblems),
    sweep: ({ all } = {}) =>
      run('sweep leftovers', async () => {
        await erasing.resume();
        return leftovers.sweep(all);
      }),

    health: () =>
      run('look at the store', async () => {
        reads.usage(); // throws when the database does not answer
        return healthOf(identity, identity.missing + parts.missing());
      }),

    backup: (folder) => run('make a backup', () => backUp(resolve(folder), backupSource)),
    adopt: () =>
      run('adopt the database', () =>
        identity.adopt((adopted, known) => changes.make({ kind: 'adopt', ...adopted, sessions: known, at: time() })),
      ),

    close: () =>
      lifecycle.close(async () => {
        await parts.close();
        await sessions.close();
        await changes.close();
        database.close();
      }),
  };
}

/** Rows that a walk has come by; of those whose image is gone, it needs the place only. */
interface ListedImage {
  id: string;
  isThere: boolean;
}

interface ListedKey {
  sealed: SealedKey | null;
  rowid: number;
}

const silent: Logger = { info() {}, warn() {}, error() {} };
