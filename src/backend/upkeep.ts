import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { BackupReport, ImageStore, StoreHealth } from '../stores/port.js';
import type { Opened } from './opening.js';

/** @throws what the store throws when it does not answer */
export async function readHealth({ store, keys }: Pick<Opened, 'store' | 'keys'>): Promise<StoreHealth> {
  const { status, problems } = await healthOf(store);
  const trouble = keys.trouble();
  if (trouble === undefined) return { status, problems };
  const isDamaged = trouble instanceof PixstoreError && trouble.code === 'SEALED_KEY_INVALID';
  const problem = isDamaged ? trouble.message : newKeyNotGiven;
  return { status: status === 'ok' ? 'degraded' : status, problems: [...problems, problem] };
}

async function healthOf(store: ImageStore): Promise<StoreHealth> {
  if (store.health) return store.health();
  await store.usage();
  return { status: 'ok', problems: [] };
}

const newKeyNotGiven =
  'Another process has exchanged the master key, and this one cannot open the keys of the store any more: give it the new key, or see to its key wrapper, soon.';

/** @throws PixstoreError `BACKUP_UNSUPPORTED`, `BACKUP_FAILED` */
export async function backUp(store: ImageStore, folder: string): Promise<BackupReport> {
  if (typeof folder !== 'string' || folder.trim() === '') {
    throw new PixstoreError('BACKUP_FAILED', 'A backup is made in a new folder: say where, as a path.');
  }
  if (store.backup) return store.backup(folder);
  throw new PixstoreError(
    'BACKUP_UNSUPPORTED',
    'This store makes no copy of its own. Use backUpTo, which any store has, or back up what it keeps its images in.',
  );
}
