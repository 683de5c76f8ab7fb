import { folderOf } from '../../shared/image-id.js';
import { generationOf } from '../port.js';
import type { Command } from './commands.js';
import type { SqlDatabase, SqlRow } from './driver.js';
import type { PartRow } from './row.js';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

// Every so-manieth key that is sealed counts for so many: as good as exact among billions, and almost for nothing.
const countedAtOnce = 1_024;

/**
 * What changes keys, and what depends on them. Of every change: whether it was made.
 *
 * @param random - from 0 to 1, without 1
 */
export function prepareKeyWrites(database: SqlDatabase, random: () => number = Math.random) {
  const prepared = {
    ringVersion: database.prepare('SELECT version FROM key_ring'),
    putRing: database.prepare(
      'INSERT INTO key_ring VALUES (1, ?, ?) ON CONFLICT (only_one) DO UPDATE SET version = excluded.version, bytes = excluded.bytes',
    ),
    latest: database.prepare(
      'SELECT number, generation, is_destroyed FROM folder_keys WHERE folder = ? ORDER BY generation DESC LIMIT 1',
    ),
    key: database.prepare('SELECT is_destroyed FROM folder_keys WHERE folder = ? AND generation = ?'),
    add: database.prepare('INSERT INTO folder_keys (folder, generation, is_destroyed, wrapped) VALUES (?, ?, 0, ?)'),
    // In place: the row keeps its length.
    destroy: database.prepare(
      'UPDATE folder_keys SET is_destroyed = 1, wrapped = zeroblob(length(wrapped)) WHERE folder = ? AND generation = ?',
    ),
    destroyAll: database.prepare(
      'UPDATE folder_keys SET is_destroyed = 1, wrapped = zeroblob(length(wrapped)) WHERE folder = ? AND is_destroyed = 0',
    ),
    noteErased: database.prepare(
      "INSERT OR IGNORE INTO folder_keys (folder, generation, is_destroyed, wrapped) VALUES (?, 0, 1, x'')",
    ),
    hasParts: database.prepare("SELECT 1 FROM parts WHERE id >= ? || ':' AND id < ? || ';' LIMIT 1"),
    begin: database.prepare(
      `INSERT INTO erasures SELECT ?, max(generation) FROM folder_keys WHERE folder = ?
       ON CONFLICT (folder) DO UPDATE SET generation = excluded.generation`,
    ),
    end: database.prepare('DELETE FROM erasures WHERE folder = ? AND generation = ?'),
    count: database.prepare(
      `INSERT INTO sealed_counts VALUES (?, ${countedAtOnce})
       ON CONFLICT (folder_key) DO UPDATE SET sealed = sealed + ${countedAtOnce}`,
    ),
  };

  // What this batch has asked of keys: many of its changes are of one folder, and nobody else can commit meanwhile.
  const asked = new Map<string, SqlRow | undefined>();

  function keyOf(folder: string, generation: number): SqlRow | undefined {
    return remembered(`${folder}:${generation}`, () => prepared.key.get(folder, generation));
  }

  function latestOf(folder: string): SqlRow | undefined {
    return remembered(folder, () => prepared.latest.get(folder));
  }

  function remembered(name: string, ask: () => SqlRow | undefined): SqlRow | undefined {
    if (!asked.has(name)) asked.set(name, ask());
    return asked.get(name);
  }

  const ringVersion = (): number => Number(prepared.ringVersion.get()?.version ?? 0);

  /** Is the key that a part names there? A row that is none of ours names none. */
  function isAlive(id: string, sealedKey: Uint8Array): boolean {
    const generation = generationOf(sealedKey);
    if (generation === null) return keyOf(folderOf(id), 0) === undefined;
    return keyOf(folderOf(id), generation)?.is_destroyed === 0;
  }

  /** Was this sealed with the latest key of its folder? Nothing else may be written, or a leaked key would live on. */
  function isLatest({ id, sealedKey }: Pick<PartRow, 'id' | 'sealedKey'>): boolean {
    const generation = generationOf(sealedKey);
    if (generation === null) return isAlive(id, sealedKey);
    const latest = latestOf(folderOf(id));
    if (latest?.generation !== generation || latest.is_destroyed !== 0) return false;
    if (random() * countedAtOnce < 1) prepared.count.run(Number(latest.number));
    return true;
  }

  return {
    /** To be called first in every transaction. */
    begin: (): void => asked.clear(),

    isAlive,
    isLatest,

    putRing({ bytes, expectedVersion }: CommandOf<'put-key-ring'>): boolean {
      if (ringVersion() !== expectedVersion) return false;
      prepared.putRing.run(expectedVersion + 1, bytes);
      return true;
    },

    addFolderKey({ folder, generation, wrapped, ringVersion: wrappedBy }: CommandOf<'add-folder-key'>): boolean {
      if (wrappedBy === 0 || ringVersion() !== wrappedBy) return false;
      if (generation !== Number(latestOf(folder)?.generation ?? 0) + 1) return false;
      asked.clear();
      prepared.add.run(folder, generation, wrapped);
      return true;
    },

    destroyFolderKeys({ keys }: CommandOf<'destroy-folder-keys'>): void {
      asked.clear();
      for (const { folder, generation } of keys) prepared.destroy.run(folder, generation);
    },

    /** @returns false when the folder was never used */
    eraseFolder({ folder }: CommandOf<'erase-keys'>): boolean {
      if (!latestOf(folder) && !prepared.hasParts.get(folder, folder)) return false;
      asked.clear();
      prepared.destroyAll.run(folder);
      prepared.noteErased.run(folder);
      prepared.begin.run(folder, folder);
      return true;
    },

    endErasure({ folder, generation }: CommandOf<'end-erasure'>): void {
      prepared.end.run(folder, generation);
    },
  };
}
