import { isToken, joinId } from '../../shared/protocol/image-id.js';
import { ivLength } from '../../shared/protocol/layout.js';
import type { FolderKey, PartRecord, SealedKey } from '../port.js';
import { isSessionBlob } from '../split/blob-name.js';
import type { FoundPart, PlacedPart } from '../split/row-store.js';
import { rowInvalid } from './database-error.js';
import type { SqlRow } from './pool.js';
import { sealedKeyAt } from './tables.js';

// Longer than any that is made: what seals a key stands above the store.
const longestSealedKey = 16 * 1024;

/**
 * What the database says is checked here, and nowhere else: who can write to it, but has no master key, must not choose
 * what is read, sent or removed. Whole numbers arrive as text, or as whatever the application has told its driver.
 *
 * @throws PixstoreError `DATABASE_ROW_INVALID`
 */
export function toCount(value: unknown): number {
  const count = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (!isToken(count)) throw rowInvalid();
  return count;
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toText(value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw rowInvalid();
  return value;
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toBytes(value: unknown, shortest = 0, longest = Number.POSITIVE_INFINITY): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length < shortest || value.length > longest) throw rowInvalid();
  return value;
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toBlobName(value: unknown): string {
  if (!isSessionBlob(value)) throw rowInvalid();
  return value;
}

/** SQL: what a record is made of, of parts p with the keys k that they name. */
export const recordColumns =
  'p.id, p.variant, p.token, p.size, p.sealing, k.folder, k.generation, k.wrapped, k.sealed, p.generation AS named';

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toRecord(row: SqlRow): PartRecord {
  const sealing = toBytes(row.sealing, sealedKeyAt + 1, sealedKeyAt + longestSealedKey);
  return {
    ...toPartName(row),
    token: toCount(row.token),
    size: toCount(row.size),
    iv: sealing.subarray(0, ivLength),
    tag: sealing.subarray(ivLength, sealedKeyAt),
    sealedKey: sealing.subarray(sealedKeyAt),
    folderKey: toCount(row.named) === 0 ? null : toFolderKey(row),
  };
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toSealedKey(row: SqlRow): SealedKey {
  const { id, variant, token, sealedKey, folderKey } = toRecord(row);
  return { id, variant, token, sealedKey, folderKey };
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toFoundPart(row: SqlRow): FoundPart {
  const record = toRecord(row);
  if (row.blob === null) {
    return { record, ciphertext: toBytes(row.ciphertext, record.size, record.size), blob: null };
  }
  return { record, ciphertext: null, blob: toBlobName(row.blob) };
}

/** Of a row that somebody else wrote as well: whoever looks for what is wrong has to find it. */
export function toPlacedPart({ id, variant, blob, size }: SqlRow): PlacedPart {
  const bytes = Number(size);
  return {
    id: joinId(String(id), variant === '' ? undefined : String(variant)),
    blob: String(blob),
    size: isToken(bytes) ? bytes : -1, // no blob has so many
  };
}

const folderPattern = /^[a-z0-9_-]*$/;

/** SQL: what a key of a folder is made of. */
export const folderKeyColumns = 'k.folder, k.generation, k.wrapped, k.sealed';

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toFolderKey({ folder, generation, wrapped, sealed }: SqlRow): FolderKey {
  return {
    folder: toText(folder, folderPattern),
    generation: toCount(generation),
    wrapped: wrapped === null ? null : toBytes(wrapped),
    sealed: toCount(sealed),
  };
}

const idPattern = /^(?:[a-z\d_-]+:)?[\w-]{1,128}$/;
const variantPattern = /^[a-z\d_-]+$/;

function toPartName({ id, variant }: SqlRow) {
  return { id: toText(id, idPattern), variant: variant === '' ? undefined : toText(variant, variantPattern) };
}

/** The id of an image. @throws PixstoreError `DATABASE_ROW_INVALID` */
export const toImageId = (id: unknown): string => toText(id, idPattern);
