import { dirname, resolve } from 'node:path';
import { guardLogger } from '../../shared/callbacks.js';
import { checkedClock } from '../../shared/clock.js';
import type { Logger } from '../../shared/errors/gate.js';
import type { FileSystem } from '../folder/blob-file.js';
import type { ImageStore } from '../port.js';
import { assembleStore } from '../split/assemble-store.js';
import { type BackupSource, backUp } from './backup.js';
import { openBlobFiles } from './blob-files.js';
import { prepareBlobReads } from './blob-reads.js';
import { findDriver, type OpenDatabase } from './driver.js';
import { makeFolder } from './folders.js';
import { type LowDisk, lowDisks, requireLowDisk } from './free-space.js';
import { healthOf, notAdopted } from './health.js';
import { openIdentity } from './identity.js';
import { createLocalRows } from './local-rows.js';
import { openWriter } from './open-writer.js';
import { requirePath } from './paths.js';
import { prepareReads } from './reads.js';
import { openDatabase, prepareOn } from './schema.js';
import { backupsAreThere, schemaBackups } from './schema-backup.js';
import { takeSnapshot } from './snapshot.js';
import { asStorageError, imageDirMissing } from './storage-error.js';
import { emptyLog, logPatience } from './wal-eraser.js';
import type { Writer } from './writer.js';
import type { WorkerSettings } from './writer-messages.js';
import { takeSnapshotOnThread } from './writer-thread.js';

export interface LocalStoreOptions {
  databasePath: string;
  /** Folder for ciphertexts too large for the database. */
  imageRootDir: string;
  /** Ciphertexts up to so many bytes live in the database. Default: 64 KiB. */
  inlineUpTo?: number | undefined;
  /** Less room than this on a disk, and `health()` says so. Default: 1 GiB, and 10 percent of it. */
  lowDisk?: Partial<LowDisk> | undefined;
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

/**
 * Records and small ciphertexts in SQLite, larger ones in files of their own. A version's files are on the disk before
 * its row is committed, and the files of the version before it go after: whatever moment a crash picks, the row names
 * a version that is whole.
 *
 * @throws PixstoreError `CONFIG_INVALID`, `SQLITE_MISSING`, `IMAGE_DIR_MISSING`, `IMAGE_DIR_UNUSABLE`, `DATABASE_INVALID`,
 * `DATABASE_FOREIGN`, `DATABASE_TOO_NEW`, `STORAGE_FULL` or `STORAGE_FAILED`
 */
export function openLocalStore(options: LocalStoreOptions): ImageStore {
  const { inlineUpTo = 64 * 1024, busyTimeout = 5_000, sweepAge = 3_600_000 } = options;
  const lowDisk = requireLowDisk(options.lowDisk);
  const now = checkedClock(options.now ?? Date.now);
  const logger = guardLogger(options.logger ?? console, console);
  requirePath('databasePath', options.databasePath);
  requirePath('imageRootDir', options.imageRootDir);
  // As they are now: the program may change its working directory.
  const databasePath = resolve(options.databasePath);
  const root = resolve(options.imageRootDir);
  const places = [
    { folder: root, name: 'imageRootDir' },
    { folder: dirname(databasePath), name: 'databasePath' },
  ];
  const driver = options.driver ?? findDriver();
  makeFolder(dirname(databasePath));
  const database = openDatabase(driver, databasePath, busyTimeout);
  const backups = schemaBackups(databasePath);
  if (backups.length > 0) logger.info(`[pixstore] ${backupsAreThere(backups)}`);
  const reads = prepareOn(database, prepareReads);
  const blobReads = prepareOn(database, prepareBlobReads);
  const identity = prepareOn(database, () => {
    const opened = openIdentity(database, blobReads, {
      databasePath,
      root,
      isElsewhere: options.fileSystem !== undefined,
    });
    emptyLog(database, logPatience, busyTimeout); // keys that were removed before a crash are in no log any more
    if (!opened.isAdopted()) logger.warn(`[pixstore] ${notAdopted}`);
    return opened;
  });
  const files = prepareOn(database, () => openBlobFiles(root, identity.storeId, options.fileSystem));
  const workerSettings: WorkerSettings = { databasePath, busyTimeout, folder: identity.folder };
  const kind = options.writer === 'inline' || options.driver !== undefined ? 'inline' : 'thread';
  const writer = prepareOn(database, () => openWriter({ settings: workerSettings, kind, driver, logger }));
  const { rows, changes } = createLocalRows({ database, reads, blobReads, writer, inlineUpTo });

  const backupSource: BackupSource = {
    database,
    reads,
    blobReads,
    files,
    async snapshot(target) {
      const isDone = writer.kind === 'thread' && (await takeSnapshotOnThread(workerSettings, target));
      if (!isDone) takeSnapshot(driver, databasePath, busyTimeout, target);
    },
    openSql: driver,
    busyTimeout,
    openStore: (copy, images) =>
      openLocalStore({ databasePath: copy, imageRootDir: images, writer: 'inline', driver, logger: silent }),
  };

  return assembleStore({
    rows,
    blobs: files,
    identity: {
      storeId: () => identity.storeId,
      isThere: identity.isFolderThere,
      beginSession() {
        if (!identity.isFolderThere()) throw imageDirMissing();
      },
      check: identity.check,
      isAdopted: identity.isAdopted,
      mayRemove: identity.mayRemove,
      adopt: () =>
        identity.adopt((adopted, sessions) =>
          changes.make({ kind: 'adopt', ...adopted, sessions, at: Math.floor(now()) }),
        ),
      health: async (missing) => {
        reads.usage(); // throws when the database does not answer
        const disks = await lowDisks(places, lowDisk);
        return healthOf(identity, identity.missing + missing, disks);
      },
    },
    backup: (target) => backUp(resolve(target), backupSource),
    asError: asStorageError,
    close: () => rows.close(),
    sweepAge,
    now,
    logger,
  });
}

const silent: Logger = { info() {}, warn() {}, error() {} };
