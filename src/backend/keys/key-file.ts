import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isUnsupported } from '../../shared/unsupported.js';
import { type MasterKeys, masterKeyLength, parseMasterKeys } from './master-key.js';

// Hundreds of keys, one a line, have fewer bytes; more is some other file.
const longestFile = 64 * 1024;

/**
 * @returns the keys in the file, one a line, or null when there is no such file
 * @throws PixstoreError `MASTER_KEY_INVALID` when the file is there but cannot be used, or somebody else could use it
 */
export function readKeyFile(path: string): MasterKeys | null {
  let file: number;
  try {
    // Without waiting: a pipe of that name would have us stand still until somebody writes into it.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(cause);
  }
  try {
    const found = fstatSync(file);
    requireOrdinary(found);
    requirePrivate(found);
    const lines = readFileSync(file, 'utf8').split('\n');
    return parseMasterKeys(
      lines.filter((line) => line.trim() !== ''),
      'the key file',
    );
  } catch (cause) {
    throw cause instanceof PixstoreError ? cause : unreadable(cause);
  } finally {
    closeSync(file);
  }
}

function requireOrdinary(found: Stats): void {
  if (found.isFile() && found.size <= longestFile) return;
  throw new PixstoreError(
    'MASTER_KEY_INVALID',
    `What is in place of the key file is ${found.isFile() ? `a file of ${found.size} bytes` : 'no file'}. A key file has one key a line.`,
  );
}

/** Who can read the master key can open every image. Windows has no such modes: there the folder's rights decide. */
function requirePrivate({ mode, uid }: Stats): void {
  if (process.platform === 'win32') return;
  const elsewhere = 'or bring the key in by PIXSTORE_MASTER_KEY and remove the file';
  if ((mode & 0o077) !== 0) {
    throw new PixstoreError(
      'MASTER_KEY_INVALID',
      `The key file may be used by others (its mode is ${(mode & 0o777).toString(8)}). Say "chmod 600" to it, ${elsewhere}. If it has been so for long, take a new key.`,
    );
  }
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw new PixstoreError(
      'MASTER_KEY_INVALID',
      `The key file belongs to another user than the one that runs this process. Say "chown" to it, ${elsewhere}.`,
    );
  }
}

function unreadable(cause: unknown): PixstoreError {
  return new PixstoreError(
    'MASTER_KEY_INVALID',
    `The key file cannot be read (${(cause as NodeJS.ErrnoException).code}). Check who owns it.`,
    { cause },
  );
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
    publish(draft, path);
    syncFolder(dirname(path));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new PixstoreError(
      'STORAGE_FAILED',
      `The key file cannot be made (${(cause as NodeJS.ErrnoException).code}). Make its folder writable, or give the option masterKey.`,
      { cause },
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives the draft its name. @throws `EEXIST` when it is taken */
function publish(draft: string, path: string): void {
  try {
    linkSync(draft, path); // never shows half a file
  } catch (cause) {
    if (!isUnsupported(cause)) throw cause;
    copyFileSync(draft, path, constants.COPYFILE_EXCL);
    const file = openSync(path, 'r+');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    closeSync(folder);
  }
}
