import { createByteLru } from '../../shared/byte-lru.js';
import { folderOf, joinId } from '../../shared/protocol/image-id.js';
import {
  type AsOf,
  type FolderKey,
  generationOf,
  isSameRing,
  type KeyRing,
  type PartRecord,
  type SealedKey,
} from '../port.js';
import type { FoundRecord, Reads } from './reads.js';
import type { RowRecord } from './row.js';

const limitBytes = 16 * 1024 * 1024;
const recordBytes = 512; // about what a record takes in memory, or a key

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
  let keyRing: KeyRing | null = null;
  let isRingRead = false;
  let dataVersion: number | undefined;
  let isCurrent = false;
  let isOfThisTurn = false;

  function refresh(asOf: AsOf): void {
    if (asOf === 'now' ? isCurrent : isOfThisTurn) return;
    const version = reads.dataVersion();
    if (version !== dataVersion) forget();
    dataVersion = version;
    isCurrent = true;
    queueMicrotask(() => {
      isCurrent = false;
    });
    if (isOfThisTurn) return;
    isOfThisTurn = true;
    setImmediate(() => {
      isOfThisTurn = false;
    });
  }

  function forget(): void {
    records.clear();
    folderKeys.clear();
    isRingRead = false;
  }

  function expire(): void {
    isCurrent = false;
    isOfThisTurn = false;
  }

  /** @param generation - left out: the latest */
  function keyOf(folder: string, generation?: number): FolderKey | null {
    const name = `${folder}:${generation}`;
    const known = folderKeys.get(name);
    if (known) return known.key;
    const found = reads.folderKey(folder, generation);
    // Another process may have exchanged the key ring a moment ago; then the one that is kept would not open it.
    if (found && found.ringVersion !== keyRing?.version) isRingRead = false;
    const key = found?.key ?? null;
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

  function withKey(record: RowRecord): PartRecord | null {
    const folderKey = keyFor(record.id, record.sealedKey);
    if (folderKey === undefined) return null;
    // Field by field: V8 copies an object several times faster so, and a look-up does little else.
    const { id, variant, token, size, iv, tag, sealedKey } = record;
    return { id, variant, token, size, iv, tag, sealedKey, folderKey };
  }

  /** The same object for the same version of a record, as long as it is kept. */
  function record(id: string, variant?: string, asOf: AsOf = 'now'): PartRecord | null {
    refresh(asOf);
    const joined = joinId(id, variant);
    const known = records.get(joined);
    if (known) return known.record;
    return untilSettled(
      () => reads.record(joined),
      (found) => found?.record.sealedKey,
      (found) => {
        const complete = found && withKey(found.record);
        if (complete) records.put(joined, { record: complete, rowid: found.rowid });
        return complete;
      },
    );
  }

  return {
    record,

    /**
     * Reads what has a sealed key in it, and completes it. A row and its key are read one after the other, and in between
     * another process may have sealed the row anew and destroyed the key: so what has lost its key is read again, until
     * it says the same twice.
     *
     * @param sealedKeyOf - undefined when nothing was found
     * @param complete - gives null when a key that is named is destroyed
     */
    settled<Row, Result>(
      read: () => Row,
      sealedKeyOf: (row: Row) => Uint8Array | undefined,
      complete: (row: Row, withKey: (record: RowRecord) => PartRecord | null) => Result | null,
    ): Result | null {
      refresh('now');
      return untilSettled(read, sealedKeyOf, (row) => complete(row, withKey));
    },

    /** Completes a record that was just read with others. @returns null when the image is gone */
    withKey(found: RowRecord): PartRecord | null {
      refresh('now');
      return withKey(found) ?? record(found.id, found.variant);
    },

    /** Completes a sealed key that was just read with others. @returns null when its image is gone */
    withFolderKey(found: Omit<SealedKey, 'folderKey'>): SealedKey | null {
      refresh('now');
      const folderKey = keyFor(found.id, found.sealedKey);
      if (folderKey === undefined) return record(found.id, found.variant);
      const { id, variant, token, sealedKey } = found;
      return { id, variant, token, sealedKey, folderKey };
    },

    /** Is an image there that was just read with others? */
    isThere(id: string, sealedKey: Uint8Array): boolean {
      refresh('now');
      return keyFor(id, sealedKey) !== undefined || record(id) !== null;
    },

    /** The latest key of a folder, at any moment of this turn: a commit refuses what is sealed with another one. */
    folderKey(folder: string): FolderKey | null {
      refresh('this-turn');
      return keyOf(folder);
    },

    /** The same object until another one is stored. */
    keyRing(): KeyRing | null {
      refresh('this-turn');
      if (!isRingRead) {
        const ring = reads.keyRing();
        if (!isSameRing(ring, keyRing)) keyRing = ring; // commits are many, and few of them exchange it
        isRingRead = true;
      }
      return keyRing;
    },

    /** What a look-up found before, by joined id. It may have changed since. */
    remembered: (joined: string): FoundRecord | undefined => records.get(joined),

    /** Call after a commit of one's own: it may fall into the same turn as a look-up. */
    expire,
  };
}

function untilSettled<Row, Result>(
  read: () => Row,
  sealedKeyOf: (row: Row) => Uint8Array | undefined,
  complete: (row: Row) => Result | null,
): Result | null {
  let gone: Uint8Array | undefined;
  for (;;) {
    const row = read();
    const result = complete(row);
    const sealedKey = sealedKeyOf(row);
    if (result !== null || !sealedKey || (gone && Buffer.compare(gone, sealedKey) === 0)) return result;
    gone = sealedKey;
  }
}

export type RecordCache = ReturnType<typeof createRecordCache>;
