import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FolderKey, ImageStore, SealedKey } from '../../../stores/port.js';
import type { BaseBackups } from './bases.js';
import type { PieceSet } from './pieces.js';
import type { BackupPlace } from './place.js';
import { createPrint } from './print.js';
import { isFull, type Segment } from './segments.js';

export interface UnchangedOptions {
  store: ImageStore;
  place: BackupPlace;
  bases: BaseBackups;
  /** Pieces that are there. */
  present: PieceSet;
  signal: AbortSignal | undefined;
  /** Told of the folder keys that are in use. */
  onKey(key: FolderKey): void;
}

/**
 * Segments that are as they were: the store has the same sealed keys between their ids, and the place all that they need. It
 * takes one walk through the sealed keys, and no look at a row of the backup.
 */
export async function findUnchanged({
  store,
  place,
  bases,
  present,
  signal,
  onKey,
}: UnchangedOptions): Promise<Segment[]> {
  const candidates = await usable(place, bases, present);
  if (candidates.length === 0) return [];
  const prints = candidates.map(createPrint);
  let isGrown = false;
  for await (const page of store.sealedKeys()) {
    signal?.throwIfAborted();
    await nextTurn(); // a store that answers at once would leave nobody else a turn
    for (const part of page) {
      const index = indexOf(candidates, part);
      prints[index]?.add(part.sealedKey);
      isGrown ||= index === candidates.length;
      if (part.folderKey) onKey(part.folderKey);
    }
  }
  const unchanged = candidates.filter(({ print }, index) => prints[index]?.text() === print);
  // What comes behind the last one goes on with it, or a store whose ids ascend would have as many as backups.
  const last = unchanged.at(-1);
  return isGrown && last && last === candidates.at(-1) && !isFull(last) ? unchanged.slice(0, -1) : unchanged;
}

/** Those of which nothing is missing, and nothing is to be written anew. */
async function usable(
  place: BackupPlace,
  { segments, sparse }: BaseBackups,
  present: PieceSet,
): Promise<readonly Segment[]> {
  if (segments.length === 0) return [];
  const names = new Set<string>();
  for await (const blob of place.names('rows/')) names.add(place.rowsOf(blob) ?? '');
  return segments.filter(
    ({ name, uses }) => names.has(name) && [...uses.keys()].every((piece) => present.has(piece) && !sparse.has(piece)),
  );
}

/** Which segment an id is in; -1: in none, and the number of segments: it comes behind all. */
function indexOf(segments: readonly Segment[], { id }: SealedKey): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle] as Segment).last < id) low = middle + 1;
    else high = middle;
  }
  const found = segments[low];
  return !found || found.after < id ? low : -1;
}
