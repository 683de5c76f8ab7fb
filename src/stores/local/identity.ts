import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { PlacedPart } from '../split/row-store.js';
import type { BlobReads } from './blob-reads.js';
import type { SqlDatabase } from './driver.js';
import { isBlobName, isUnmarkedBlob } from './file-name.js';
import { makeWritableFolder } from './folders.js';
import {
  isEpoch,
  isSameFile,
  type Mark,
  newNonce,
  numberOf,
  readMark,
  readProgress,
  sessionsIn,
  storeFolder,
  writeMark,
} from './mark.js';
import { imageDirMissing } from './storage-error.js';
import { readVersion, requireKnownVersion } from './tables.js';
import { isTakenOverByOthers, writeTakenOver } from './taken-over.js';

/** Where a store is. */
export interface Place {
  databasePath: string;
  /** The folder of all stores. */
  root: string;
  /** Blobs are not where the system would find them: a test keeps them. */
  isElsewhere?: boolean;
}

// Blobs that are looked for when a store is opened; see `sampleOfBlobs`.
const sampleSize = 8;

export type FolderIdentity = ReturnType<typeof openIdentity>;

/**
 * Sees to it that a database and a folder of blobs belong together.
 *
 * Mark and database share a nonce, which is renewed whenever the store is opened or adopted. Who knows that of the mark is
 * the latest copy of the database; any other is not adopted any more: it serves and saves, and removes nothing.
 *
 * ```text
 *                    ┌──── renewed ────┐
 *   new ──── mark ──►│     adopted     │──── another nonce, a later count of commits, another file ────► not adopted
 *                    └─────────────────┘◄───────────────────────── adopt() ─────────────────────────────┘
 * ```
 *
 * @throws PixstoreError `IMAGE_DIR_MISSING`, `IMAGE_DIR_UNUSABLE`
 */
export function openIdentity(database: SqlDatabase, reads: BlobReads, { databasePath, root, isElsewhere }: Place) {
  const { id } = reads.store();
  const folder = storeFolder(root, id);
  let isDoubted = false;
  const missing = requireBlobs();
  claim();

  /** @returns how many blobs of a sample are not there */
  function requireBlobs(): number {
    const sample = isElsewhere ? [] : reads.sampleOfBlobs(sampleSize);
    const gone = sample.filter((part) => !isThere(part)).length;
    // That a single one is gone, from a folder that has our mark, is no reason to keep all others back.
    if (gone > 0 && gone === sample.length && (gone > 1 || !readMark(folder))) throw imageDirMissing();
    return gone;
  }

  function isThere({ blob, size }: PlacedPart): boolean {
    if (!isBlobName(blob)) return false;
    const found = lstatSync(join(isUnmarkedBlob(blob) ? root : folder, blob), { throwIfNoEntry: false });
    return found?.isFile() === true && found.size === size;
  }

  /** Several processes may open the same store at once: each looks at mark and database while no other changes them. */
  function claim(): void {
    try {
      inTransaction(() => {
        if (!reads.store().isMarked) begin();
        else if (reads.store().isAdopted && !isLatest()) doubt();
        else if (reads.store().isAdopted) prepareToRenew();
      });
      renew();
    } catch (error) {
      // On a full disk, or one that cannot be written, images are there all the same: the nonce that it has is good as
      // well, and what keeps it from being renewed shows when something is to be saved.
      if (!reads.store().isMarked) throw error;
      isDoubted = reads.store().isAdopted && !isLatest();
    }
  }

  /** Until somebody adopts it. */
  function doubt(): void {
    database.exec('UPDATE store SET is_adopted = 0');
  }

  /** Marks the folder for the first time. */
  function begin(): void {
    makeWritableFolder(root);
    writeMark(root, id, databasePath, reads.store());
    writeTakenOver(folder, unmarkedBlobs());
    database.exec('UPDATE store SET is_marked = 1');
  }

  function* unmarkedBlobs(): Generator<string> {
    for (const { blob } of reads.partsInBlobs()) if (isBlobName(blob) && isUnmarkedBlob(blob)) yield blob;
  }

  function isLatest(): boolean {
    const mark = readMark(folder);
    const { epoch, nonce, nextNonce } = reads.store();
    if (!mark || mark.epoch > epoch || ![nonce, nextNonce].includes(mark.nonce)) return false;
    // The log of the database was lost, or an older copy was put into the same file.
    if (readProgress(folder, epoch) > reads.commits()) return false;
    return !isCopyBefore(mark);
  }

  /** A copy that was put before the very folder of the first. When both were copied, they are a store of their own. */
  function isCopyBefore(mark: Mark): boolean {
    return isSameFile(mark.folder, numberOf(folder)) && !isSameFile(mark.database, numberOf(databasePath));
  }

  /** The database knows the mark's nonce, and the next one; whatever moment a crash picks after that, it knows the mark's. */
  function prepareToRenew(): void {
    const nonce = readMark(folder)?.nonce ?? reads.store().nonce;
    database.prepare('UPDATE store SET nonce = ?, next_nonce = ?').run(nonce, newNonce());
  }

  /** Leaves copies that were made until now behind. Another process may do it for us. */
  function renew(): void {
    inTransaction(() => {
      const store = reads.store();
      if (store.nextNonce === null || !store.isAdopted) return;
      writeMark(root, id, databasePath, { epoch: store.epoch, nonce: store.nextNonce });
      database.prepare('UPDATE store SET nonce = next_nonce, next_nonce = NULL').run();
    });
  }

  function inTransaction<Result>(work: () => Result): Result {
    try {
      database.exec('BEGIN IMMEDIATE');
      requireKnownVersion(readVersion(database));
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        database.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself; the first error is the one that matters.
      }
      throw error;
    }
  }

  const isAdopted = (): boolean => !isDoubted && reads.isAdopted();

  const isFolderThere = (): boolean => readMark(folder) !== null;

  return {
    storeId: id,
    /** The folder of the store, in that of all stores. */
    folder,
    /** Of the blobs that were looked for at opening, so many were not there. */
    missing,
    /** Is the folder of blobs there, with our mark? */
    isFolderThere,

    /** Was another copy of this database adopted? */
    isSuperseded(): boolean {
      const isOther = () => {
        const mark = readMark(folder);
        return mark !== null && !mayCommit(mark, reads.store());
      };
      return isOther() && isOther(); // the first time, another process may just have renewed the nonce
    },

    /** Is this the latest copy, as far as is known? Looked up anew: another process may have adopted it. */
    isAdopted,

    /** Those of some blobs that may be removed once no row of this database names them. */
    mayRemove: (names: readonly string[]): readonly string[] =>
      isAdopted() ? names.filter((name) => !isUnmarkedBlob(name) || !isTakenOverByOthers(root, id, name)) : [],

    /** Looks at the folder before anything is removed. @throws PixstoreError `IMAGE_DIR_MISSING` */
    check(): void {
      if (!isFolderThere()) throw imageDirMissing();
      if (!isAdopted() || isLatest()) return;
      claim(); // looks once more, while nobody changes anything
    },

    /**
     * Makes this database the only one that may change the folder. The mark comes first: from then on nobody else can,
     * and what is left can be done again.
     *
     * @param note - makes it durable in the database, with the sessions of other copies, which end with it
     */
    async adopt(note: (adopted: Pick<Mark, 'epoch' | 'nonce'>, sessions: string[]) => Promise<unknown>): Promise<void> {
      requireBlobs();
      const mark = readMark(folder);
      if (!mark) makeWritableFolder(root);
      const epoch = Math.max(reads.store().epoch, mark?.epoch ?? 0) + 1;
      if (!isEpoch(epoch)) throw noEpochLeft();
      const nonce = newNonce();
      inTransaction(() => {
        database.prepare('UPDATE store SET next_nonce = ?').run(nonce);
        writeMark(root, id, databasePath, { epoch, nonce });
      });
      await note({ epoch, nonce }, sessionsIn(folder));
      isDoubted = false;
    },
  };
}

/** A database that is not adopted may go on until another one is. One that is adopted must be the one of the mark. */
export function mayCommit(
  mark: Pick<Mark, 'epoch' | 'nonce'>,
  store: { epoch: number; nonce: string; nextNonce: string | null; isAdopted: boolean },
): boolean {
  if (store.isAdopted || mark.epoch > store.epoch) return mark.nonce === store.nonce || mark.nonce === store.nextNonce;
  return true;
}

function noEpochLeft(): PixstoreError {
  return new PixstoreError(
    'DATABASE_ROW_INVALID',
    'The database or the mark in imageRootDir says that it was adopted more often than can be counted: it was changed, or is damaged. Restore it from a backup.',
  );
}
