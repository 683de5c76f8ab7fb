import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlDatabase } from './driver.js';
import { isBlobName, isUnmarkedBlob } from './file-name.js';
import { makeWritableFolder } from './folders.js';
import {
  folderOf,
  type Mark,
  numberOf,
  readMark,
  readProgress,
  sessionsIn,
  takenOverByOthers,
  writeMark,
  writeTakenOver,
} from './mark.js';
import type { PlacedPart, Reads } from './reads.js';
import { imageDirMissing } from './storage-error.js';

/** Where a store is. */
export interface Place {
  databasePath: string;
  /** The folder of all stores. */
  root: string;
  /** Blobs are not where the system would find them: a test keeps them. */
  isElsewhere?: boolean;
}

// Blobs that are looked for when a store is opened: so many, as many of schema 1, and of as many sessions one each.
const sampleSize = 8;

// Of a store of schema 1, so many names are noted.
const takenOverSample = 1_000;

export type Identity = ReturnType<typeof openIdentity>;

/**
 * Sees to it that a database and a folder of blobs belong together, before anything is changed in either.
 *
 * @throws PixstoreError `IMAGE_DIR_MISSING`, `IMAGE_DIR_UNUSABLE`
 */
export function openIdentity(database: SqlDatabase, reads: Reads, { databasePath, root, isElsewhere }: Place) {
  const { id } = reads.store();
  const folder = folderOf(root, id);
  const missing = requireBlobs();
  makeWritableFolder(root);
  claim(readMark(folder));

  /** @returns how many blobs of a sample are not there */
  function requireBlobs(): number {
    if (!reads.isAnyInFile()) return 0;
    const mark = readMark(folder);
    if (!mark && reads.store().isMarked) throw imageDirMissing();
    const sample = isElsewhere ? [] : sampleOf(reads);
    const gone = sample.filter((part) => !isThere(part)).length;
    // That a single one is gone, from a folder that has our mark, is no reason to keep all others back.
    if (gone > 0 && gone === sample.length && (gone > 1 || !mark)) throw imageDirMissing();
    return gone;
  }

  function isThere({ file, size }: PlacedPart): boolean {
    if (!isBlobName(file)) return false;
    return statSync(join(isUnmarkedBlob(file) ? root : folder, file), { throwIfNoEntry: false })?.size === size;
  }

  /** Marks the folder as that of this very database, or notes that this database may be an old copy. */
  function claim(mark: Mark | null): void {
    const { epoch, isMarked, isAdopted } = reads.store();
    if (!isAdopted && mark) return;
    const isCopy = mark && isMarked ? isBehind(mark) : takeOver();
    if (isCopy) database.exec('UPDATE store SET is_adopted = 0');
    if (mark && !reads.store().isAdopted) return;
    if (mark?.epoch !== epoch || mark.database !== numberOf(databasePath) || mark.folder !== numberOf(folder)) {
      writeMark(root, id, epoch, databasePath);
    }
    if (!isMarked) database.exec('UPDATE store SET is_marked = 1');
  }

  /**
   * Has the folder seen a later state of this database, or another copy of it? Then that copy, or a backup of it, may
   * name blobs that this one knows nothing of.
   */
  function isBehind(mark: Mark): boolean {
    const { epoch } = reads.store();
    if (mark.epoch > epoch) return true;
    if (readProgress(folder, epoch) > reads.commits()) return true;
    // A copy that was put before the very folder of the first. When both were copied, they are a store of their own.
    if (mark.database !== numberOf(databasePath) && mark.folder === numberOf(folder)) return true;
    // A session that was forgotten has no folder any more, so it is looked for once more.
    return unknownSessions().some((session) => existsSync(join(folder, session)));
  }

  /**
   * Notes what a store of schema 1 brings along, which has no mark yet. Names are random, so the first of them in their
   * order are a sample.
   *
   * @returns was a copy of it taken over before?
   */
  function takeOver(): boolean {
    const names = reads.firstFiles(takenOverSample).filter((name) => isBlobName(name) && isUnmarkedBlob(name));
    if (names.length === 0) return false;
    const others = takenOverByOthers(root, id);
    writeMark(root, id, reads.store().epoch, databasePath);
    writeTakenOver(folder, names);
    return names.some((name) => others.has(name));
  }

  function unknownSessions(): string[] {
    return sessionsIn(folder).filter((session) => !reads.hasSession(session));
  }

  return {
    storeId: id,
    /** The folder of the store, in that of all stores. */
    folder,
    /** Of the blobs that were looked for at opening, so many were not there. */
    missing,
    /** Is the folder of blobs there, with our mark? */
    isFolderThere: (): boolean => readMark(folder) !== null,
    /** Was another copy of this database adopted? */
    isSuperseded: (): boolean => (readMark(folder)?.epoch ?? 0) > reads.store().epoch,
    /** May what no row of this database names be removed? Looked up anew: another process may have adopted it. */
    mayRemove: (): boolean => reads.store().isAdopted,

    /** The same, after a look at the folder. */
    mayRemoveStill(): boolean {
      const mark = readMark(folder);
      if (!mark) throw imageDirMissing();
      claim(mark);
      return reads.store().isAdopted;
    },

    /**
     * Makes this database the only one that may change the folder.
     *
     * @param note - makes a new epoch durable in the database, with the sessions of other copies, which end with it
     */
    async adopt(note: (epoch: number, sessions: string[]) => Promise<unknown>): Promise<void> {
      if (!readMark(folder)) throw imageDirMissing();
      const epoch = Math.max(reads.store().epoch, readMark(folder)?.epoch ?? 0) + 1;
      await note(epoch, unknownSessions());
      writeMark(root, id, epoch, databasePath);
    },
  };
}

function sampleOf(reads: Reads): PlacedPart[] {
  const anywhere = () => randomBytes(8).toString('hex');
  const starts = [
    ...reads.sampleOfSessions(sampleSize).map((session) => `${session}/${anywhere()}`),
    ...Array.from({ length: sampleSize }, () => `${anywhere().slice(0, 2)}/${anywhere()}`),
  ];
  const found = [
    ...reads.partsInFilesFrom('', sampleSize),
    ...starts.flatMap((start) => reads.partsInFilesFrom(start, 1)),
  ];
  return [...new Map(found.map((part) => [part.file, part])).values()];
}
