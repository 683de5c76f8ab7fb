import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isUnsupported } from '../../shared/unsupported.js';
import { asStorageError } from './storage-error.js';

/** @throws PixstoreError `IMAGE_DIR_UNUSABLE` */
export function makeWritableFolder(path: string): void {
  try {
    makeDurably(path);
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new PixstoreError(
      'IMAGE_DIR_UNUSABLE',
      'The folder at imageRootDir cannot be made or written. Check that it is a folder and who owns it.',
      { cause },
    );
  }
}

/** @throws PixstoreError `STORAGE_FAILED` */
export function makeFolder(path: string): void {
  try {
    makeDurably(path);
  } catch (cause) {
    throw asStorageError(cause, 'make the folder of the database; check databasePath');
  }
}

/** A new folder survives a power cut once the one above it is synced, and so on up to one that was there before. */
function makeDurably(path: string): void {
  const topmost = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) {
    syncFolder(dirname(made));
  }
}

export function syncFolder(path: string): void {
  if (process.platform === 'win32') return; // has no handles to directories
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    closeSync(handle);
  }
}
