import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { fileBlobs } from '../../stores/folder/file-blobs.js';
import type { BlobStore } from '../../stores/split/blob-store.js';
import { type BackupInfo, listBackups as list, type PrunedBackups, prune } from '../copies/backups/pruning.js';

/** Where backups lie: a folder, or a place for blobs such as an object store. It has nothing else in it. */
export type BackupPlace = string | BlobStore;

const ours = new Set([
  'runs',
  'drafts',
  'keys',
  'claims',
  'rows',
  'data',
  '.unfinished',
  '.pixstore-blobs',
  'lost+found',
]);

/** @throws PixstoreError `BACKUP_FOREIGN`, `CONFIG_INVALID` */
export function placeOf(place: BackupPlace): BlobStore {
  if (typeof place === 'string' && place.trim() !== '') {
    const folder = resolve(place);
    requireOurs(folder);
    return fileBlobs(folder);
  }
  if (typeof place === 'object' && typeof place?.write === 'function') return place;
  throw new PixstoreError(
    'CONFIG_INVALID',
    'The place of backups is the path of a folder, or a BlobStore: fileBlobs(folder), for instance.',
  );
}

/** A folder that was mistyped is not filled. */
function requireOurs(folder: string): void {
  if (namesIn(folder).every((name) => ours.has(name))) return;
  throw new PixstoreError(
    'BACKUP_FOREIGN',
    'The folder has something else than backups in it. Nothing was changed there. Name another folder, or a new one.',
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // it is made, or what keeps it from being made is told then
  }
}

/**
 * The backups of a place that are whole, the latest last.
 *
 * @throws PixstoreError `BACKUP_FOREIGN`, `BACKUP_DAMAGED`, `BACKUP_FAILED`, `CONFIG_INVALID`
 * @example
 * for (const { name, ended, images } of await listBackups('/backups')) console.log(name, new Date(ended), images);
 */
export async function listBackups(place: BackupPlace): Promise<BackupInfo[]> {
  return list(placeOf(place));
}

/**
 * Removes all backups of a place but the latest, and what only they had. Not while a backup is made there: that would fail.
 *
 * @param options - `keep`: how many stay, at least 1
 * @throws PixstoreError `BACKUP_FOREIGN`, `BACKUP_DAMAGED`, `BACKUP_FAILED`, `CONFIG_INVALID`
 * @example
 * await pruneBackups('/backups', { keep: 30 });
 */
export async function pruneBackups(place: BackupPlace, options: { keep: number }): Promise<PrunedBackups> {
  return prune(placeOf(place), options?.keep);
}
