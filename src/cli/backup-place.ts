import { statSync } from 'node:fs';
import type { BackupPlace, BlobStore } from '../backend/index.js';
import { importDefault } from './imported.js';

/** What the argument of commands is, for help. */
export const placeHelp = 'a folder for backups alone, or a module whose default export is a BlobStore';

/** @throws PixstoreError `CONFIG_INVALID` */
export async function readPlace(place: string): Promise<BackupPlace> {
  return isFile(place) ? ((await importDefault(place, 'the place of backups')) as BlobStore) : place;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // it is to be a folder: what keeps it from being made is told then
  }
}
