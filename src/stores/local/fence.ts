import { statSync } from 'node:fs';
import { isNotThere } from '../folder/small-files.js';
import { type Mark, markPathOf, readMark, writeProgress } from './mark.js';

/** Stands between a writer and the database: asked before every commit, told after it. */
export interface Fence {
  /** The mark in the folder of blobs; null when the folder is not there. */
  mark(): Pick<Mark, 'epoch' | 'nonce'> | null;
  /** So the folder knows how far the database has come. */
  noteProgress(epoch: number, commits: number): void;
}

/** @param folder - the folder of the store, in that of all blobs */
export function createFence(folder: string): Fence {
  const markPath = markPathOf(folder);
  let seen = '';
  let mark: Mark | null = null;

  return {
    mark() {
      try {
        const { ino, mtimeNs } = statSync(markPath, { bigint: true });
        const version = `${ino} ${mtimeNs}`;
        if (version !== seen) mark = readMark(folder);
        seen = version;
        return mark;
      } catch (error) {
        if (isNotThere(error)) return null;
        throw error;
      }
    },

    noteProgress(epoch, commits) {
      try {
        writeProgress(folder, epoch, commits);
      } catch {
        // It says less than is true then, as it may. If the disk has gone, the next commit notices.
      }
    },
  };
}
