import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { BackupPlace } from './place.js';
import { type BackupRow, readRows } from './rows.js';
import type { Segment } from './segments.js';

/** Rows of a backup that was made before, to be looked up by ids that ascend. Segments that are damaged have none. */
export function createRowLookUp(place: BackupPlace, segments: readonly Segment[]) {
  let next = 0;
  let rows: BackupRow[] = [];
  let at = 0;

  /** Reads the next segment that may have the id. @returns whether there is any */
  async function load(id: string): Promise<boolean> {
    while ((segments[next]?.last ?? id) < id) next += 1;
    const segment = segments[next];
    if (!segment || segment.after >= id) return false;
    next += 1;
    at = 0;
    try {
      rows = await readRows(place, segment.name);
    } catch (error) {
      if (!(error instanceof PixstoreError) || error.code !== 'BACKUP_DAMAGED') throw error;
      rows = [];
    }
    return true;
  }

  return async function rowOf(id: string): Promise<BackupRow | null> {
    for (;;) {
      for (let row = rows[at]; row; row = rows[at]) {
        if (row.id === id) return row;
        if (row.id > id) return null;
        at += 1;
      }
      if (!(await load(id))) return null;
    }
  };
}
