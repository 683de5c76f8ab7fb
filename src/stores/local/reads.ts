import { imageIdOf, isImageId, isToken, variantOf } from '../../shared/protocol/image-id.js';
import type { FolderKey, KeyRing, PartName, SealedKey, StoreUsage } from '../port.js';
import type { Erasure } from '../split/row-store.js';
import { counters } from './counters.js';
import type { SqlDatabase, SqlRow, SqlValue } from './driver.js';
import {
  checked,
  type FoundRow,
  isPartOf,
  type RowRecord,
  recordColumns,
  toCount,
  toFoundRow,
  toRecord,
} from './row.js';
import { rowInvalid } from './storage-error.js';

/** A record and where it was found. */
export interface FoundRecord {
  record: RowRecord;
  rowid: number;
}

/** A sealed key and where it was found. */
export interface FoundKey extends Omit<SealedKey, 'folderKey'> {
  rowid: number;
}

/** A part, or why it cannot be read, and where it was found. */
export interface WalkedRow extends PartName {
  row?: FoundRow;
  error?: Error;
  rowid: number;
}

/** A key, by the number of its row. */
export interface NumberedKey {
  key: FolderKey;
  number: number;
}

/** A key of a folder, and the version of the key ring at the moment it was read. */
export interface KeyUnderRing {
  key: FolderKey;
  ringVersion: number;
}

/** What the database says of images and keys. Synchronous. */
export function prepareReads(database: SqlDatabase) {
  const prepared = {
    folderUsage: database.prepare('SELECT images, bytes FROM folder_usage WHERE folder = ?'),
    record: database.prepare(`SELECT ${recordColumns}, rowid FROM parts WHERE id = ?`),
    row: database.prepare(`SELECT ${recordColumns}, file, ciphertext FROM parts WHERE id = ?`),
    // The plus keeps SQLite from searching for the id, which takes twice as long among a million.
    rowOf: database.prepare(
      `SELECT file, ciphertext FROM parts
       WHERE rowid = ? AND +id = ? AND token = ? AND size = ? AND iv = ? AND tag = ? AND sealed_key = ?`,
    ),
    version: database.prepare(`SELECT id, ${recordColumns} FROM parts WHERE ${isPartOf} ORDER BY id`),
    parts: database.prepare(
      `SELECT id, ${recordColumns}, file, ciphertext, rowid FROM parts WHERE rowid > ? ORDER BY rowid LIMIT 16`,
    ),
    sealedKeys: database.prepare(
      'SELECT id, token, sealed_key, rowid FROM parts WHERE rowid > ? ORDER BY rowid LIMIT 1000',
    ),
    list: database.prepare(
      "SELECT id, sealed_key FROM parts WHERE id > ? AND id >= ? AND id < ? || '~' AND instr(id, '.') = 0 ORDER BY id LIMIT 1000",
    ),
    masterKeys: database.prepare('SELECT id FROM master_keys'),
    keyRing: database.prepare('SELECT version, bytes FROM key_ring'),
    latestKey: database.prepare(`${selectKey} WHERE folder = ? ORDER BY generation DESC LIMIT 1`),
    folderKey: database.prepare(`${selectKey} WHERE folder = ? AND generation = ?`),
    folderKeys: database.prepare(`${selectKey} WHERE number > ? AND is_destroyed = 0 ORDER BY number LIMIT 500`),
    erasures: database.prepare('SELECT folder, generation FROM erasures'),
    counter: database.prepare('SELECT value FROM counters WHERE name = ?'),
    dataVersion: database.prepare('PRAGMA data_version'),
  };

  const counter = (name: string): number => toCount(prepared.counter.get(name)?.value ?? 0);

  return {
    record(id: string): FoundRecord | null {
      const row = prepared.record.get(id);
      return row ? { record: toRecord(id, row), rowid: Number(row.rowid) } : null;
    },

    row(id: string): FoundRow | null {
      const row = prepared.row.get(id);
      return row ? toFoundRow(toRecord(id, row), row) : null;
    },

    /**
     * The row of a record that was found before; null when the record is not in it any more, or is not as it was.
     *
     * @param id - joined
     */
    rowOf(id: string, { record, rowid }: FoundRecord): FoundRow | null {
      const { token, size, iv, tag, sealedKey } = record;
      const row = prepared.rowOf.get(rowid, id, token, size, iv, tag, sealedKey);
      return row ? toFoundRow(record, row) : null;
    },

    /** All parts of an image; the original, whose id is shorter, comes first. */
    version: (id: string): RowRecord[] =>
      prepared.version.all(id, id, id).map((row) => toRecord(toImageId(row.id), row)),

    /** Parts with their ciphertexts in the order of their rows, a page at a time. */
    parts: (after: number): WalkedRow[] => prepared.parts.all(after).map(toWalkedRow),

    /** Sealed keys in the order of their rows, a page at a time. */
    sealedKeys: (after: number): FoundKey[] => prepared.sealedKeys.all(after).map(toFoundKey),

    /** Ids of images that start with `prefix` and come after `after`, with what seals their keys, a page at a time. */
    list: (prefix: string, after: string): { id: string; sealedKey: Uint8Array }[] =>
      prepared.list.all(after, prefix, prefix).map((row) => ({
        id: toImageId(row.id),
        sealedKey: row.sealed_key as Uint8Array,
      })),

    keyRing(): KeyRing | null {
      const row = prepared.keyRing.get();
      return row ? { version: toCount(row.version), bytes: toBytes(row.bytes) } : null;
    },

    /** The latest key of a folder, or that of one generation. */
    folderKey(folder: string, generation?: number): KeyUnderRing | null {
      const row =
        generation === undefined ? prepared.latestKey.get(folder) : prepared.folderKey.get(folder, generation);
      return row ? { key: toFolderKey(row), ringVersion: toCount(row.ring_version ?? 0) } : null;
    },

    /** Keys that are not destroyed, in the order they were made, a page at a time. */
    folderKeys: (after: number): NumberedKey[] =>
      prepared.folderKeys.all(after).map((row) => ({ key: toFolderKey(row), number: toCount(row.number) })),

    erasures: (): Erasure[] =>
      prepared.erasures.all().map(({ folder, generation }) => ({
        folder: checked(folder, folderPattern),
        generation: toCount(generation),
      })),

    /** Changes whenever another connection has committed. */
    dataVersion: () => Number(prepared.dataVersion.get()?.data_version),
    lastRemovedToken: () => counter(counters.lastRemovedToken),
    folderUsage(folder: string): StoreUsage {
      const { images = 0, bytes = 0 } = prepared.folderUsage.get(folder) ?? {};
      return { images: toCount(images), bytes: toCount(bytes) };
    },
    usage: () => ({ images: counter(counters.images), bytes: counter(counters.bytes) }),
    masterKeyIds: (): string[] => prepared.masterKeys.all().map(({ id }) => checked(id, masterKeyId)),
  };
}

/** Among others, a row that cannot be read is told of; alone, it throws. */
function toWalkedRow(row: SqlRow): WalkedRow {
  const { id: joined, rowid } = row;
  if (!isImageId(joined)) throw rowInvalid();
  const part = { id: imageIdOf(joined), variant: variantOf(joined), rowid: Number(rowid) };
  try {
    return { ...part, row: toFoundRow(toRecord(joined, row), row) };
  } catch (error) {
    return { ...part, error: error as Error };
  }
}

function toFoundKey({ id, token, sealed_key: sealedKey, rowid }: SqlRow): FoundKey {
  if (!isImageId(id) || !isToken(token)) throw rowInvalid();
  return { id: imageIdOf(id), variant: variantOf(id), token, sealedKey: toBytes(sealedKey), rowid: Number(rowid) };
}

const selectKey = `
  SELECT number, folder, generation, is_destroyed, wrapped, coalesce(sealed, 0) AS sealed,
         (SELECT version FROM key_ring) AS ring_version
  FROM folder_keys LEFT JOIN sealed_counts ON folder_key = number`;

const folderPattern = /^[a-z0-9_-]*$/;

function toFolderKey({ folder, generation, is_destroyed: isDestroyed, wrapped, sealed }: SqlRow): FolderKey {
  return {
    folder: checked(folder, folderPattern),
    generation: toGeneration(generation),
    wrapped: isDestroyed === 0 ? toBytes(wrapped) : null,
    sealed: toCount(sealed),
  };
}

// Sealed keys have four bytes for it.
const lastGeneration = 2 ** 32 - 1;

function toGeneration(value: SqlValue | undefined): number {
  const generation = toCount(value);
  if (generation > lastGeneration) throw rowInvalid();
  return generation;
}

function toBytes(value: SqlValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw rowInvalid();
  return value;
}

function toImageId(id: SqlValue | undefined): string {
  if (!isImageId(id)) throw rowInvalid();
  return id;
}

const masterKeyId = /^[0-9a-f]{1,64}$/;

export type Reads = ReturnType<typeof prepareReads>;
