import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {import('./work.mjs').Contestant} Contestant */

/**
 * A floor: a file per image that survives a power cut (written, synced, renamed, folder synced), spread over folders
 * as a store would. No encryption, no row that names it.
 *
 * @param {string} folder
 * @returns {Promise<Contestant>}
 */
export async function open(folder) {
  const shards = Array.from({ length: 256 }, (_, index) => join(folder, index.toString(16).padStart(2, '0')));
  for (const shard of shards) await fs.mkdir(shard);

  return {
    async save(bytes) {
      const unique = randomBytes(16);
      const shard = shards[unique[0]];
      const path = join(shard, unique.toString('hex'));
      const file = await fs.open(`${path}.tmp`, 'wx');
      await file.writeFile(bytes);
      await file.datasync();
      await file.close();
      await fs.rename(`${path}.tmp`, path);
      const directory = await fs.open(shard);
      await directory.sync();
      await directory.close();
      return path;
    },
  };
}
