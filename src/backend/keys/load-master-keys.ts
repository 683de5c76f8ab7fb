import { basename } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { createKeyFile, readKeyFile } from './key-file.js';
import type { KeyWrapper } from './key-wrapper.js';
import { type MasterKeys, parseMasterKeys } from './master-key.js';

/** A key of 32 bytes as base64 or hex, a key wrapper, or several of them. */
export type MasterKeyOption = string | KeyWrapper | readonly (string | KeyWrapper)[];

export interface KeySources {
  /** The option. */
  masterKey?: MasterKeyOption | undefined;
  /** `PIXSTORE_MASTER_KEY`: keys with commas between them. Undefined when it is not set. */
  environment?: string | undefined;
  /** May there be a key file? Not when the store is the user's own. */
  mayHaveFile?: boolean;
}

/**
 * The keys that the application gave, by the option or else the environment.
 *
 * @returns null when they are in a key file
 * @throws PixstoreError `MASTER_KEY_INVALID` or `MASTER_KEY_REQUIRED`
 */
export function givenMasterKeys({ masterKey, environment, mayHaveFile = false }: KeySources): MasterKeys | null {
  if (masterKey !== undefined) return parseMasterKeys([masterKey].flat(), 'the option masterKey');
  // Set but blank is a secret that did not arrive, not the wish for a key file.
  if (environment !== undefined) return parseMasterKeys(environment.split(','), 'PIXSTORE_MASTER_KEY');
  if (mayHaveFile) return null;
  throw new PixstoreError(
    'MASTER_KEY_REQUIRED',
    'A store of your own needs a master key: give the option masterKey or set PIXSTORE_MASTER_KEY.',
  );
}

export interface KeyFileOptions {
  path: string;
  /** Has the store keys already? A new key is never put over images that it could not open. */
  storeHasKeys: boolean;
  /** May one be made where there is none? */
  mayMake: boolean;
  announce(message: string): void;
}

/**
 * The keys in the key file, which is made when the store is still empty.
 *
 * @throws PixstoreError `MASTER_KEY_INVALID`, `MASTER_KEY_MISSING` or `STORAGE_FAILED`
 */
export function masterKeysFromFile({ path, storeHasKeys, mayMake, announce }: KeyFileOptions): MasterKeys {
  const found = readKeyFile(path);
  if (found) return found;
  const name = basename(path);
  const nowhere = `there is no option masterKey, no PIXSTORE_MASTER_KEY and no key file ${name}`;
  if (storeHasKeys) {
    throw new PixstoreError(
      'MASTER_KEY_MISSING',
      `The database holds images, but their master key is gone: ${nowhere}. Restore it from a backup.`,
    );
  }
  if (!mayMake) {
    throw new PixstoreError(
      'MASTER_KEY_MISSING',
      `There is no master key: ${nowhere}, and none is made here (see the option keyFile). Bring the key in by one of them.`,
    );
  }
  if (createKeyFile(path)) {
    announce(`[pixstore] made a master key in ${name}: back it up, no image opens without it`);
  }
  return readKeyFile(path) as MasterKeys;
}
