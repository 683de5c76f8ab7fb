import { imageIdOf, isToken, joinId, variantOf } from '../../shared/protocol/image-id.js';
import { ivLength, tagLength } from '../../shared/protocol/layout.js';
import type { PartRecord } from '../port.js';
import type { RowVersion } from '../split/row-store.js';
import type { SqlRow, SqlValue } from './driver.js';
import { isBlobName } from './file-name.js';
import { rowInvalid } from './storage-error.js';

/** A part as the database has it: its ciphertext is in the row or in a file, never both. */
export interface PartRow extends Omit<RowRecord, 'variant'> {
  /** Joined: of a variant `id.variant`. */
  id: string;
  file: string | null;
  ciphertext: Uint8Array | null;
}

/** What a row says of a part; which key of its folder it names, and whether that is there, is looked up apart. */
export type RowRecord = Omit<PartRecord, 'folderKey'>;

/** A part as it is read. Its record may be one that others have as well: not to be changed. */
export interface FoundRow {
  record: RowRecord;
  file: string | null;
  ciphertext: Uint8Array | null;
}

/**
 * SQL: what a record is made of by {@link toRecord}. Bytes that belong together come as one value: to give another one
 * to JavaScript takes longer than to find the row.
 */
export const recordColumns =
  'token, size, length(iv) AS iv_length, length(tag) AS tag_length, CAST(iv || tag || sealed_key AS BLOB) AS sealing';

// Variants of x are "x.name". "." and the "/" after it stand nowhere else in an id, nor does "~", which is above all
// that does; so ranges of the primary key find an image's parts, and all ids with a prefix.
export const isPartOf = "(id = ? OR (id > ? || '.' AND id < ? || '/'))";

/** SQL: a column that should have a whole number, or something else when somebody wrote what is none. */
export const numberOr = (column: string, otherwise: number) =>
  `CASE WHEN ${column} BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER} THEN ${column} ELSE ${otherwise} END`;

// In a row's `sealing`: what describes a ciphertext, then what seals its key.
const tagAt = ivLength;
const sealedKeyAt = tagAt + tagLength;

// Longer than any that is made: what seals a key stands above the store.
const longestSealedKey = 16 * 1024;

/**
 * What the database says is checked here, and nowhere else: who can write the file, but has no master key, must not
 * choose what is read, sent or removed.
 *
 * @param id - joined
 * @throws PixstoreError `DATABASE_ROW_INVALID`
 */
export function toRecord(id: string, row: SqlRow): RowRecord {
  const { token, size, iv_length: ivBytes, tag_length: tagBytes, sealing } = row;
  if (
    !isToken(token) ||
    !isToken(size) ||
    ivBytes !== ivLength ||
    tagBytes !== tagLength ||
    !isBytes(sealing, sealedKeyAt + 1, sealedKeyAt + longestSealedKey)
  ) {
    throw rowInvalid();
  }
  return {
    id: imageIdOf(id),
    variant: variantOf(id),
    token,
    size,
    iv: sealing.subarray(0, tagAt),
    tag: sealing.subarray(tagAt, sealedKeyAt),
    sealedKey: sealing.subarray(sealedKeyAt),
  };
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toFoundRow(record: RowRecord, { file, ciphertext }: SqlRow): FoundRow {
  if (isBlobName(file) && ciphertext === null) return { record, file, ciphertext };
  if (file === null && isBytes(ciphertext, record.size, record.size)) return { record, file, ciphertext };
  throw rowInvalid();
}

/** A whole number from 0 on. @throws PixstoreError `DATABASE_ROW_INVALID` */
export function toCount(value: SqlValue | undefined): number {
  if (!isToken(value)) throw rowInvalid();
  return value;
}

/** @throws PixstoreError `DATABASE_ROW_INVALID` */
export function checked(value: SqlValue | undefined, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw rowInvalid();
  return value;
}

function isBytes(value: unknown, shortest: number, longest: number): value is Uint8Array {
  return value instanceof Uint8Array && value.length >= shortest && value.length <= longest;
}

export function toPartRows({ id, token, parts }: Omit<RowVersion, 'session'>): PartRow[] {
  return parts.map(({ variant, size, iv, tag, sealedKey, ciphertext, blob }) => {
    return { id: joinId(id, variant), token, size, iv, tag, sealedKey, file: blob, ciphertext };
  });
}
