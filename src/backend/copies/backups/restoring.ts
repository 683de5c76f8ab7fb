import { isExistingDir } from '../../../shared/protocol/image-id.js';
import type { ImageStore } from '../../../stores/port.js';
import type { BlobStore } from '../../../stores/split/blob-store.js';
import { createThrottle } from '../../images/rate.js';
import { readKeyRing } from '../../keys/key-ring.js';
import type { CopyFailure } from '../copied-image.js';
import { createCopyRing } from '../copy-ring.js';
import { type CopyProgress, copyImages } from '../copying.js';
import { invalid, readWorkOptions, type WorkOptions } from '../options.js';
import { openBackup } from './backup-reader.js';
import { type BackupUnlocking, createBackupSource, openBackupKeys } from './backup-source.js';
import { requireNew } from './differences.js';
import { backupNamed, definedOf } from './options.js';

export interface RestoreOptions extends WorkOptions {
  /** The name of a backup. Default: the latest one. */
  backup?: string;
  /**
   * Folders that were erased after the keys of the backups were replaced last. They do not come back; those of before do not
   * either.
   */
  erased?: readonly string[];
}

/** How far a restore has come. */
export interface RestoreProgress extends Omit<CopyProgress, 'pass'> {
  /** The backup's name. */
  backup: string;
  /** Images that do not come back, since their keys were destroyed: of folders that were erased since. */
  erased: number;
}

const caller = 'restoreFrom';

/** @throws PixstoreError `CONFIG_INVALID` */
export function readRestoreOptions(given: unknown): RestoreOptions {
  const { backup, erased = [], ...options } = readWorkOptions(given, ['backup', 'erased'], caller);
  if (!Array.isArray(erased) || !erased.every(isExistingDir)) {
    throw invalid(caller, 'erased', 'must be a list of folders, as they stand in ids before the colon');
  }
  return { ...definedOf(options), ...backupNamed(backup, caller), erased };
}

/** Fills a new store from a backup. */
export async function* restoreStore(
  blobs: BlobStore,
  store: ImageStore,
  { wrappers, now, randomBytes }: BackupUnlocking & { now(): number },
  { backup, erased = [], signal, rate = {} }: RestoreOptions,
): AsyncGenerator<RestoreProgress, void, void> {
  const reader = await openBackup({ blobs, backup, erased });
  const { keys: sourceKeys } = readKeyRing(reader.keys.ring);
  const keys = await openBackupKeys(reader.keys, { wrappers, randomBytes });
  await requireNew(store, reader);
  const unread: CopyFailure[] = [];
  let notBack = 0;
  const source = createBackupSource(reader, keys, {
    onDamage: ({ subject, error }) => unread.push({ id: subject, error }),
    onErased: (images) => {
      notBack += images;
    },
  });
  const ring = createCopyRing({
    ...{ store, storeId: reader.keys.store, sourceKeys, now, randomBytes },
    wrapper: wrappers[0],
    keepProofs: false,
  });
  const steps = copyImages({
    ...{ source, store, ring, signal, randomBytes },
    throttle: createThrottle({ rate, signal }),
    finish: true,
    verifyAll: true,
    mostPasses: 1,
  });
  for await (const { pass, failures, ...step } of steps) {
    yield { ...step, backup: reader.name, erased: notBack, failures: [...failures, ...unread] };
  }
}
