import { basename } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { createKeyFile, readKeyFile } from './key-file.js';
import type { KeyWrapper } from './key-wrapper.js';
import { type Keyring, parseKeyring } from './master-key.js';

/** A key of 32 bytes as base64 or hex, a key wrapper, or several of them. */
export type MasterKeyOption = string | KeyWrapper | readonly (string | KeyWrapper)[];

export interface KeySources {
  /** The option. */
  masterKey?: MasterKeyOption | undefined;
  /** `PIXSTORE_MASTER_KEY`: keys with commas between them. Undefined when it is not set. */
  environment?: string | undefined;
  /** Where a key file may be, and whether the store has keys already. Absent when the store is the user's own. */
  keyFile?: { path: string; storeHasKeys: boolean };
  announce(message: string): void;
}

/**
 * Finds the master keys: the option, else the environment, else a key file, which is made when the store is still
 * empty. A new key is never put over images that it could not open.
 *
 * @throws PixstoreError `MASTER_KEY_INVALID`, `MASTER_KEY_MISSING`, `MASTER_KEY_REQUIRED` or `STORAGE_FAILED`
 */
export function loadKeyring({ masterKey, environment, keyFile, announce }: KeySources): Keyring {
  if (masterKey !== undefined) return parseKeyring([masterKey].flat(), 'the option masterKey');
  // Set but blank is a secret that did not arrive, not the wish for a key file.
  if (environment !== undefined) return parseKeyring(environment.split(','), 'PIXSTORE_MASTER_KEY');
  if (!keyFile) {
    throw new PixstoreError(
      'MASTER_KEY_REQUIRED',
      'A store of your own needs a master key: give the option masterKey or set PIXSTORE_MASTER_KEY.',
    );
  }
  const { path, storeHasKeys } = keyFile;
  const found = readKeyFile(path);
  if (found) return found;
  const name = basename(path);
  if (storeHasKeys) {
    throw new PixstoreError(
      'MASTER_KEY_MISSING',
      `The database holds images, but their master key is gone: there is no option masterKey, no PIXSTORE_MASTER_KEY and no key file ${name} beside the database. Restore it from a backup.`,
    );
  }
  if (createKeyFile(path)) {
    announce(`[pixstore] made a master key in ${name}, beside the database: back it up, no image opens without it`);
  }
  return readKeyFile(path) as Keyring;
}
