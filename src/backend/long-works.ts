import { readCallOptions, requireArrived } from '../shared/call-options.js';
import type { ImageStore } from '../stores/port.js';
import type { BlobStore } from '../stores/split/blob-store.js';
import { type BackupProgress, backUpStore } from './copies/backups/backing-up.js';
import { type BackUpOptions, readBackUpOptions } from './copies/backups/options.js';
import {
  type RestoreOptions,
  type RestoreProgress,
  readRestoreOptions,
  restoreStore,
} from './copies/backups/restoring.js';
import {
  readVerifyOptions,
  type VerifyOptions,
  type VerifyProgress,
  verifyBackup,
} from './copies/backups/verifying.js';
import { type CopyOptions, copyStore, readCopyOptions } from './copies/copy-store.js';
import type { CopyProgress } from './copies/copying.js';
import { type CheckOptions, type CheckStep, readCheckOptions } from './images/checking.js';
import type { ListedImage, ListOptions } from './images/reading.js';
import { type RebuildOptions, type RebuiltImage, readRebuildOptions } from './images/rebuilding.js';
import { type ReencryptedImage, type ReencryptOptions, readReencryptOptions } from './images/reencryption.js';
import { readSweepOptions, type SweepOptions, type SweptPiece, sweepStore } from './images/sweeping.js';
import { type RotateOptions, type RotationProgress, readRotateOptions, rotateMasterKey } from './keys/rotation.js';
import { type ExportedImage, type ExportOptions, readExportOptions } from './moving/exporting.js';
import { type ImportedImage, type ImportFrom, type ImportOptions, readImportOptions } from './moving/importing.js';
import { type MigratedImage, type MigrationOptions, readMigrationOptions } from './moving/migrating.js';
import type { OldStore } from './moving/old-store.js';
import type { Opened, Opening } from './opening.js';

export interface LongWorksOptions {
  opening: Opening;
  /** Opens a store of pixstore 3.x. */
  openOldStore(from: Pick<MigrationOptions, 'database' | 'imageDir'>): Promise<OldStore>;
  /** Runs what the engine has to wait for before it closes. */
  track<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** What goes through a whole store, and is told of step by step. */
export function createLongWorks({ opening, openOldStore, track }: LongWorksOptions) {
  const opened = (): Promise<Opened> => track(async () => opening.get());

  /** One at a time, so that `close` waits for the one under way. */
  async function* inSteps<Step>(begin: () => Promise<AsyncGenerator<Step>>): AsyncGenerator<Step, void, void> {
    const steps = await begin();
    try {
      for (let step = await track(() => steps.next()); !step.done; ) {
        yield step.value;
        step = await track(() => steps.next());
      }
    } finally {
      await steps.return(undefined);
    }
  }

  return {
    listImages: (given: ListOptions = {}): AsyncIterable<ListedImage> =>
      inSteps(async () => {
        requireArrived(given, ['dir'], 'listImages');
        const options = readCallOptions(given, ['dir', 'after', 'limit'], 'listImages') as ListOptions;
        return (await opened()).reading.list(options);
      }),

    rebuild: (given?: RebuildOptions): AsyncIterable<RebuiltImage> =>
      inSteps(async () => {
        const options = readRebuildOptions(given);
        return (await opened()).rebuilding.rebuild(options);
      }),

    check: (given?: CheckOptions): AsyncIterable<CheckStep> =>
      inSteps(async () => {
        const options = readCheckOptions(given);
        return (await opened()).checking.check(options);
      }),

    sweep: (given?: SweepOptions): AsyncIterable<SweptPiece> =>
      inSteps(async () => {
        const options = readSweepOptions(given);
        return sweepStore((await opened()).store, options);
      }),

    reencrypt: (given?: ReencryptOptions): AsyncIterable<ReencryptedImage> =>
      inSteps(async () => {
        const options = readReencryptOptions(given);
        return (await opened()).reencryption.reencrypt(options);
      }),

    rotateMasterKey: (given?: RotateOptions): AsyncIterable<RotationProgress> =>
      inSteps(async () => {
        const options = readRotateOptions(given);
        return rotateMasterKey(await opened(), options);
      }),

    copyTo: (target: ImageStore, given?: CopyOptions): AsyncIterable<CopyProgress> =>
      inSteps(async () => {
        const options = readCopyOptions(given);
        return copyStore(await opened(), target, options);
      }),

    backUpTo: (place: () => BlobStore, given?: BackUpOptions): AsyncIterable<BackupProgress> =>
      inSteps(async () => {
        const options = readBackUpOptions(given);
        return backUpStore(await opened(), place(), options);
      }),

    // The store is not opened as others are: it has no keys yet, or is not whole.
    restoreFrom: (place: () => BlobStore, given?: RestoreOptions): AsyncIterable<RestoreProgress> =>
      inSteps(async () => restoreStore(place(), opening.store(), opening.unlocking(), readRestoreOptions(given))),

    verifyBackup: (place: () => BlobStore, given?: VerifyOptions): AsyncIterable<VerifyProgress> =>
      inSteps(async () => verifyBackup(place(), opening.unlocking(), readVerifyOptions(given))),

    migrateFromV3: (given: MigrationOptions): AsyncIterable<MigratedImage> =>
      inSteps(async () => {
        const options = readMigrationOptions(given);
        const { moving } = await opened();
        return moving.migrate(await openOldStore(options), options);
      }),

    exportImages: (folder: string, given?: ExportOptions): AsyncIterable<ExportedImage> =>
      inSteps(async () => {
        const options = readExportOptions(folder, given);
        return (await opened()).moving.exportTo(options);
      }),

    importImages: (from: ImportFrom, given?: ImportOptions): AsyncIterable<ImportedImage> =>
      inSteps(async () => {
        const options = readImportOptions(from, given);
        return (await opened()).moving.importFrom(options);
      }),
  };
}
