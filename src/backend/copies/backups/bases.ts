import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { readBackupKeys } from './backup-keys.js';
import { type BackupHead, readHead } from './head.js';
import { type BackupPlace, type PlacedText, unlessDamaged } from './place.js';
import { createRowLookUp } from './row-look-up.js';
import type { BackupRow } from './rows.js';
import type { Segment } from './segments.js';

/** What backups of before have, whole ones and such as were not brought to their end. */
export interface BaseBackups {
  /** Segments that the next backup may have as well, in the order of their ids. */
  segments: readonly Segment[];
  /** To be asked for ids that ascend. */
  rowsOf(id: string): Promise<BackupRow[]>;
  /** Lengths of pieces with many ciphertexts. */
  packs: ReadonlyMap<string, number>;
  /** Pieces of which too little is needed: what the store still has of them is written anew. */
  sparse: ReadonlySet<string>;
}

/**
 * Looks at what a place has, before anything is written there.
 *
 * @param storeId - the store that is to be backed up
 * @returns also the number of the next backup
 * @throws PixstoreError `BACKUP_FOREIGN`
 */
export async function openBases(place: BackupPlace, storeId: string): Promise<{ bases: BaseBackups; number: number }> {
  const [runs, drafts] = [await place.list('runs'), await place.list('drafts')];
  const keys = await unlessDamaged(readBackupKeys(place));
  const number = Math.max(0, ...[...runs, ...drafts].map((placed) => placed.number)) + 1;
  // The latest first.
  const heads = [
    ...(await Promise.all(drafts.map((each) => headOf(place, each)))).toReversed(),
    await latestOf(place, runs),
  ].filter((head) => head !== null);
  if ([keys, ...heads].some((each) => each && each.store !== storeId)) throw foreign();
  return { bases: basesOf(place, heads), number };
}

function basesOf(place: BackupPlace, heads: readonly BackupHead[]): BaseBackups {
  const sparse = new Set(heads.flatMap((head) => head.sparse));
  const lookUps = heads.map(({ segments }) => createRowLookUp(place, segments));
  let asking: Promise<unknown> = Promise.resolve();

  async function look(id: string): Promise<BackupRow[]> {
    const rows: BackupRow[] = [];
    for (const rowOf of lookUps) {
      const row = await rowOf(id);
      if (row) rows.push(row);
    }
    return rows;
  }

  return {
    segments: heads.reduce<Segment[]>((found, { segments }) => joined(found, segments), []),
    // One after the other: many images are read at once, and each row is come by once.
    rowsOf(id) {
      const asked = asking.then(() => look(id));
      asking = asked.catch(() => {});
      return asked;
    },
    packs: new Map(heads.flatMap(({ packs }) => [...packs])),
    sparse,
  };
}

/** Where a draft has ended, an older backup goes on. */
function joined(later: readonly Segment[], older: readonly Segment[]): Segment[] {
  const end = later.at(-1)?.last ?? '';
  return [...later, ...older.filter(({ after }) => after >= end)];
}

const headOf = (place: BackupPlace, placed: PlacedText) => unlessDamaged(readHead(place, placed));

/** The latest that can be read. */
async function latestOf(place: BackupPlace, runs: readonly PlacedText[]): Promise<BackupHead | null> {
  for (const placed of runs.toReversed()) {
    const head = await headOf(place, placed);
    if (head) return head;
  }
  return null;
}

function foreign(): PixstoreError {
  return new PixstoreError(
    'BACKUP_FOREIGN',
    'This place has backups of another store. Nothing was changed there. Name another place: each store has one of its own.',
  );
}
