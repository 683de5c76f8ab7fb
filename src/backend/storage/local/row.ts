import type { ImageVersion, PartRecord } from '../port.js';
import type { SqlRow } from './driver.js';

/** A part as the database has it: its ciphertext is in the row or in a file, never both. */
export interface PartRow extends PartRecord {
  file: string | null;
  ciphertext: Uint8Array | null;
}

/** A part as it is read. Its record may be one that others have as well: not to be changed. */
export interface FoundRow {
  record: PartRecord;
  file: string | null;
  ciphertext: Uint8Array | null;
}

export const recordColumns = 'id, token, size, iv, tag, sealed_key';

// Variants of x are "x.name". "." and the "/" after it stand nowhere else in an id, nor does "~", which is above all
// that does; so ranges of the primary key find an image's parts, and all ids with a prefix.
export const isPartOf = "(id = ? OR (id > ? || '.' AND id < ? || '/'))";

export function toRecord(row: SqlRow): PartRecord {
  return {
    id: row.id as string,
    token: Number(row.token),
    size: Number(row.size),
    iv: row.iv as Uint8Array,
    tag: row.tag as Uint8Array,
    sealedKey: row.sealed_key as Uint8Array,
  };
}

export function toFoundRow(record: PartRecord, { file, ciphertext }: SqlRow): FoundRow {
  return { record, file: file as string | null, ciphertext: ciphertext as Uint8Array | null };
}

/** @param files - for each part the file that has its ciphertext, or null when it goes into the row */
export function toPartRows({ token, parts }: ImageVersion, files: readonly (string | null)[]): PartRow[] {
  return parts.map(({ id, iv, tag, sealedKey, ciphertext }, index) => {
    const file = files[index] ?? null;
    return { id, token, size: ciphertext.length, iv, tag, sealedKey, file, ciphertext: file ? null : ciphertext };
  });
}
