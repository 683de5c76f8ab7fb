import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a process of a contestant holds besides its memory.
 *
 * @param {import('../contestants/start.mjs').Running} server
 */
export function filesOf({ pid, folder }) {
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    wal: statSync(join(folder, 'images.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0,
  };
}
