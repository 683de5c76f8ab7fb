import { accessSync, constants } from 'node:fs';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { makeDurably } from '../folder/durable-folder.js';
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
