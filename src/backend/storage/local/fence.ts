import { statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isNotThere, markName, readMark, writeProgress } from './mark.js';

/** Stands between a writer and the database: asked before every commit, told after it. */
export interface Fence {
  /** The epoch of the mark in the folder of blobs; null when the folder is not there. */
  markedEpoch(): number | null;
  /** So the folder knows how far the database has come. */
  noteProgress(epoch: number, commits: number): void;
  /** Notes what was not noted yet. */
  close(): void;
}

// The folder may say less than is true by what was committed in so many ms.
const progressPause = 1_000;

/** @param folder - the folder of the store, in that of all blobs */
export function createFence(folder: string): Fence {
  const markPath = join(folder, markName);
  let seen = '';
  let epoch: number | null = null;
  let notedAt = Number.NEGATIVE_INFINITY;
  let unnoted: [epoch: number, commits: number] | undefined;

  function note(): void {
    if (!unnoted) return;
    notedAt = performance.now();
    try {
      writeProgress(folder, ...unnoted);
    } catch {
      // It says less than is true then, as it may. If the disk has gone, the next commit notices.
    }
    unnoted = undefined;
  }

  return {
    markedEpoch() {
      try {
        const { ino, mtimeNs } = statSync(markPath, { bigint: true });
        const version = `${ino} ${mtimeNs}`;
        if (version !== seen) epoch = readMark(folder)?.epoch ?? null;
        seen = version;
        return epoch;
      } catch (error) {
        if (isNotThere(error)) return null;
        throw error;
      }
    },

    noteProgress(...progress) {
      unnoted = progress;
      if (performance.now() - notedAt >= progressPause) note();
    },

    close: note,
  };
}
