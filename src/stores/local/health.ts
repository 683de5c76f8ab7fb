import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { StoreHealth } from '../port.js';
import { ciphertextMissing } from '../split/split-errors.js';
import type { FolderIdentity } from './identity.js';
import { imageDirMissing, storeSuperseded } from './storage-error.js';

export const notAdopted =
  'imageRootDir has seen a later state of this database, or another copy of it: images are served and saved, and no file is removed until you say by adopt() that this database is the right one.';

const readOnly =
  'imageRootDir cannot be written: larger images cannot be saved. Check the disk, and who owns the folder.';

/**
 * Asks the disk on another thread: one that does not answer must not keep this one.
 *
 * @param missing - how many ciphertexts were looked for and were not there
 * @param disks - sentences about disks that are nearly full
 */
export async function healthOf(
  identity: FolderIdentity,
  missing: number,
  disks: readonly string[],
): Promise<StoreHealth> {
  const canWrite = await access(identity.folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  const isThere = identity.isFolderThere();
  const failures = [
    ...(isThere ? [] : [imageDirMissing().message]),
    ...(isThere && !canWrite ? [readOnly] : []),
    ...(identity.isSuperseded() ? [storeSuperseded().message] : []),
  ];
  const worries = [
    ...(missing > 0 ? [ciphertextMissing().message] : []),
    ...(identity.isAdopted() ? [] : [notAdopted]),
    ...disks,
  ];
  const status = failures.length > 0 ? 'failed' : worries.length > 0 ? 'degraded' : 'ok';
  return { status, problems: [...failures, ...worries] };
}
