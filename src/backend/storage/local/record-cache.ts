import { createByteLru } from '../../../shared/byte-lru.js';
import { folderOf, joinId } from '../../../shared/image-id.js';
import { type FolderKey, generationOf, type KeyRing, type PartRecord } from '../port.js';
import type { FoundRecord, Reads } from './reads.js';
import type { RowRecord } from './row.js';

const limitBytes = 16 * 1024 * 1024;
const recordBytes = 512; // about what a record takes in memory, or a key

/** What names a key of its folder. */
type Sealed = Pick<RowRecord, 'id' | 'sealedKey'>;

/** A record that was given, and where its row is. */
interface Kept extends FoundRecord {
  record: PartRecord;
}

/**
 * Keeps records and keys that were looked up until anybody, in this process or another, has committed anything. SQLite tells
 * that by its data version; asking for it costs as much as the cheapest query, so it is asked once for all look-ups that
 * run without a pause: in between, nothing that this process has done can have become true. Who answers requests may
 * ask once for all of a turn of the event loop, since they were all on their way before it began.
 */
export function createRecordCache(reads: Reads) {
  const records = createByteLru<Kept>(limitBytes, () => recordBytes);
  const folderKeys = createByteLru<{ key: FolderKey | null }>(limitBytes, () => recordBytes);
  let keyRing: KeyRing | null | undefined;
  let dataVersion: number | undefined;
  let isCurrent = false;
  let isRecent = false;

  function refresh(recent: boolean): void {
    if (recent ? isRecent : isCurrent) return;
    const version = reads.dataVersion();
    if (version !== dataVersion) forget();
    dataVersion = version;
    isCurrent = true;
    queueMicrotask(() => {
      isCurrent = false;
    });
    if (isRecent) return;
    isRecent = true;
    setImmediate(() => {
      isRecent = false;
    });
  }

  function forget(): void {
    records.clear();
    folderKeys.clear();
    keyRing = undefined;
  }

  function expire(): void {
    isCurrent = false;
    isRecent = false;
  }

  /** @param generation - left out: the latest */
  function keyOf(folder: string, generation?: number): FolderKey | null {
    const name = `${folder}:${generation}`;
    const known = folderKeys.get(name);
    if (known) return known.key;
    const key = reads.folderKey(folder, generation);
    folderKeys.put(name, { key });
    return key;
  }

  /** @returns the key that opens a sealed key; null when it names none; undefined when that is destroyed */
  function keyFor(id: string, sealedKey: Uint8Array): FolderKey | null | undefined {
    const folder = folderOf(id);
    const generation = generationOf(sealedKey);
    // Generation 0 is there only to say that the folder was erased.
    if (generation === null) return keyOf(folder, 0) ? undefined : null;
    const key = keyOf(folder, generation);
    return key?.wrapped ? key : undefined;
  }

  function withKey<Found extends Sealed>(record: Found): (Found & { folderKey: FolderKey | null }) | null {
    const folderKey = keyFor(record.id, record.sealedKey);
    return folderKey === undefined ? null : { ...record, folderKey };
  }

  return {
    /** The same object for the same version of a record, as long as it is kept. */
    record(id: string, variant?: string, recent = false): PartRecord | null {
      refresh(recent);
      const joined = joinId(id, variant);
      const known = records.get(joined);
      if (known) return known.record;
      const found = reads.record(joined);
      const record = found && withKey(found.record);
      if (record) records.put(joined, { record, rowid: found.rowid });
      return record;
    },

    /** Completes what was read in this same turn. @returns null when the key that it names is destroyed */
    withKey<Found extends Sealed>(record: Found): (Found & { folderKey: FolderKey | null }) | null {
      refresh(false);
      return withKey(record);
    },

    /** Is the key there that an image names? */
    isThere(id: string, sealedKey: Uint8Array): boolean {
      refresh(false);
      return keyFor(id, sealedKey) !== undefined;
    },

    /** The latest key of a folder. */
    folderKey(folder: string): FolderKey | null {
      refresh(false);
      return keyOf(folder);
    },

    /** The same object until another one is stored. */
    keyRing(): KeyRing | null {
      refresh(true);
      if (keyRing === undefined) keyRing = reads.keyRing();
      return keyRing;
    },

    /** What a look-up found before, by joined id. It may have changed since. */
    remembered: (joined: string): FoundRecord | undefined => records.get(joined),

    /** Call after a commit of one's own: it may fall into the same turn as a look-up. */
    expire,
  };
}

export type RecordCache = ReturnType<typeof createRecordCache>;
