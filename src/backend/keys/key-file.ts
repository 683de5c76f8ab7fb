import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type Keyring, masterKeyLength, parseKeyring } from './master-key.js';

/**
 * @returns the keys in the file, one a line, or null when there is no such file
 * @throws PixstoreError `MASTER_KEY_INVALID` when the file is there but cannot be used
 */
export function readKeyFile(path: string): Keyring | null {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new PixstoreError(
      'MASTER_KEY_INVALID',
      `The key file beside the database cannot be read (${code}). Check who owns it.`,
      { cause },
    );
  }
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  return parseKeyring(lines, 'the key file beside the database');
}

/**
 * Makes a key file that only its owner may read. When another process makes it at the same moment, one of the two keys
 * wins and both get it.
 *
 * @returns whether it was this call that made it
 */
export function createKeyFile(path: string): boolean {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeSync(file, `${randomBytes(masterKeyLength).toString('base64')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path); // fails when the path is taken, and never shows half a file
    syncFolder(dirname(path));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new PixstoreError(
      'STORAGE_FAILED',
      'The key file beside the database cannot be made. Make its folder writable, or give the option masterKey.',
      { cause },
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
