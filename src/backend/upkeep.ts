import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { BackupReport, ImageStore, StoreHealth } from './storage/port.js';

/** @throws what the store throws when it does not answer */
export async function readHealth(store: ImageStore): Promise<StoreHealth> {
  if (store.health) return store.health();
  await store.usage();
  return { status: 'ok', problems: [] };
}

/** @throws PixstoreError `BACKUP_UNSUPPORTED`, `BACKUP_FAILED` */
export async function backUp(store: ImageStore, folder: string): Promise<BackupReport> {
  if (typeof folder !== 'string' || folder.trim() === '') {
    throw new PixstoreError('BACKUP_FAILED', 'A backup is made in a new folder: say where, as a path.');
  }
  if (store.backup) return store.backup(folder);
  throw new PixstoreError(
    'BACKUP_UNSUPPORTED',
    'This store makes no backups of its own. Back up what it keeps its images in, by the means that has.',
  );
}
