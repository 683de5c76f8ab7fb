import { existsSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { LookedAt } from '../../../stores/local/look.js';
import { readKeyFile } from '../../keys/key-file.js';
import { readKeyRing } from '../../keys/key-ring.js';
import type { MasterKeys } from '../../keys/master-key.js';
import { failed, ok, type Said, warning, wrong } from './finding.js';

export interface KeyPlaces {
  keyFile: string;
  databasePath: string;
  imageRootDir: string;
  /** Is one made where there is none? */
  mayMake: boolean;
}

/**
 * Are the keys there that the store was sealed with?
 *
 * @param given - by option or environment; null when they are in a key file
 */
export function checkKey(given: MasterKeys | null, places: KeyPlaces, looked: LookedAt): Said {
  const ring = looked.kind === 'ours' ? looked.keyRing : null;
  try {
    const keys = given ?? readKeyFile(places.keyFile);
    if (keys) return ring ? checkOpens(keys, ring) : ok('There is a master key, and no image yet that it must open.');
    if (ring) {
      return wrong(
        'The database holds images, and there is no master key: neither an option, nor PIXSTORE_MASTER_KEY, nor a key file.',
        'Restore the key. Without it no image opens.',
      );
    }
    return places.mayMake
      ? ok('There is no master key yet; a key file is made when it is first needed. Back it up then.')
      : wrong(
          'There is no master key, and none is made (keyFile is "require").',
          'Bring it in by PIXSTORE_MASTER_KEY or the key file.',
        );
  } catch (error) {
    return failed(error);
  }
}

function checkOpens(keys: MasterKeys, ring: Uint8Array): Said {
  const ids = new Set(keys.map(({ id }) => id));
  const missing = readKeyRing(ring).keys.filter(({ wrapper }) => !ids.has(wrapper));
  if (missing.length === 0) return ok('There is a master key, and it is the one of this store.');
  return wrong(
    'The master key is not the one that this store was sealed with.',
    'Give the right one. While keys are exchanged, give both, the new one first.',
  );
}

/** Whoever has both the key and the data has the pictures. */
export function checkKeyPlace(given: MasterKeys | null, { keyFile, databasePath, imageRootDir }: KeyPlaces): Said {
  if (given) return ok('The master key does not come from a file beside the data.');
  const key = realFolder(dirname(keyFile));
  const images = realFolder(imageRootDir);
  if (key === images || key.startsWith(images + sep)) {
    return wrong(
      'The key file is in the folder of images: whoever copies that folder has the key as well.',
      'Move it elsewhere, and say where by keyFilePath or PIXSTORE_MASTER_KEY.',
    );
  }
  if (key === realFolder(dirname(databasePath))) {
    return warning(
      'The key file has its place beside the database: a backup of that folder has the key as well, and opens every image.',
      'Leave it out of backups, and keep a copy elsewhere; or bring the key in by PIXSTORE_MASTER_KEY or a KeyWrapper.',
    );
  }
  return ok('The key file is apart from database and images.');
}

/** Whatever links lead there. One that is not there has none. */
function realFolder(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
