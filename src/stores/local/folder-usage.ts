import { folderOf } from '../../shared/protocol/image-id.js';
import { generationOf, isOverQuota, type Quota, type StoreUsage } from '../port.js';
import type { SqlDatabase } from './driver.js';
import { toCount } from './row.js';

/** What a folder holds, as far as it was not erased. */
interface FolderCount extends StoreUsage {
  /** Parts whose keys are of this generation or before were erased: they are not counted any more. -1: none was. */
  erased: number;
  isChanged: boolean;
}

/**
 * Counts what is in each folder, with the changes that make it so and in their commit: a quota that is looked at there is
 * kept, whoever else saves at the same moment. What one batch changes is written once, at its end.
 */
export function prepareFolderUsage(database: SqlDatabase) {
  const prepared = {
    get: database.prepare('SELECT images, bytes, erased FROM folder_usage WHERE folder = ?'),
    put: database.prepare(
      `INSERT INTO folder_usage VALUES (?, ?, ?, ?) ON CONFLICT (folder) DO UPDATE SET
         images = excluded.images, bytes = excluded.bytes, erased = excluded.erased`,
    ),
    latest: database.prepare('SELECT max(generation) AS generation FROM folder_keys WHERE folder = ?'),
  };
  const counts = new Map<string, FolderCount>();

  function countOf(folder: string): FolderCount {
    const known = counts.get(folder);
    if (known) return known;
    const { images, bytes, erased } = prepared.get.get(folder) ?? {};
    const read: FolderCount = {
      images: toCount(images ?? 0),
      bytes: toCount(bytes ?? 0),
      erased: Number(erased ?? -1),
      isChanged: false,
    };
    counts.set(folder, read);
    return read;
  }

  return {
    /** To be called first in every transaction. */
    begin: (): void => counts.clear(),

    /** Counts what a part adds, or takes away. */
    count(id: string, sealedKey: Uint8Array, { images = 0, bytes = 0 }: Partial<StoreUsage>): void {
      const folder = countOf(folderOf(id));
      if ((generationOf(sealedKey) ?? 0) <= folder.erased) return;
      folder.images += images;
      folder.bytes += bytes;
      folder.isChanged = true;
    },

    isOver: (id: string, added: StoreUsage, quota: Quota | undefined): boolean =>
      quota !== undefined && isOverQuota(countOf(folderOf(id)), added, quota),

    /** All keys that a folder has by now were destroyed: what they opened counts no more. */
    erase(folder: string): void {
      const generation = Number(prepared.latest.get(folder)?.generation ?? 0);
      counts.set(folder, { images: 0, bytes: 0, erased: generation, isChanged: true });
    },

    /** To be called last. */
    save(): void {
      for (const [folder, { images, bytes, erased, isChanged }] of counts) {
        if (isChanged) prepared.put.run(folder, Math.max(images, 0), Math.max(bytes, 0), erased);
      }
    },
  };
}
