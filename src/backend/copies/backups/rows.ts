import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import { isImageId, isToken } from '../../../shared/protocol/image-id.js';
import { type BackupPlace, damaged } from './place.js';

/** Where a ciphertext lies. */
export interface Placement {
  /** `<backup>/<number>`, below `data/`. */
  piece: string;
  /** Its first byte in there. */
  at: number;
}

/** A part of an image in a backup. */
export interface BackupPart extends Placement {
  variant: string | undefined;
  /** Bytes of ciphertext. */
  size: number;
  sealedKey: Uint8Array;
  iv: Uint8Array;
  tag: Uint8Array;
  /** SHA-256 of the ciphertext. */
  digest: Uint8Array;
}

/** An image in a backup. */
export interface BackupRow {
  id: string;
  token: number;
  /** The original first. */
  parts: readonly BackupPart[];
}

const byteFields = ['sealedKey', 'iv', 'tag', 'digest'] as const;

export function encodeRow({ id, token, parts }: BackupRow): string {
  const texts = parts.map((part) => {
    const bytes = Object.fromEntries(byteFields.map((name) => [name, Buffer.from(part[name]).toString('base64')]));
    const { variant, size, piece, at } = part;
    return { variant, size, piece, at, ...bytes };
  });
  return JSON.stringify({ id, token, parts: texts });
}

/** @returns null when it is none: its blob has the right checksum, but somebody else may have made both */
export function decodeRow({ id, token, parts }: Record<string, unknown>): BackupRow | null {
  if (!isImageId(id) || id.includes('.') || !isToken(token) || !Array.isArray(parts)) return null;
  const decoded = parts.map((part) => decodePart(id, part));
  return decoded[0] && decoded.every((part) => part !== null) ? { id, token, parts: decoded } : null;
}

const pieceName = /^\d{10}-[0-9a-f]{8}\/\d{1,8}$/;

function decodePart(id: string, part: Record<string, unknown>): BackupPart | null {
  const { variant, size, piece, at } = part;
  if (variant !== undefined && !(typeof variant === 'string' && isImageId(`${id}.${variant}`))) return null;
  if (!isToken(size) || !isToken(at) || typeof piece !== 'string' || !pieceName.test(piece)) return null;
  if (!byteFields.every((name) => typeof part[name] === 'string')) return null;
  const [sealedKey, iv, tag, digest] = byteFields.map((name) => Buffer.from(part[name] as string, 'base64'));
  return { variant, size, piece, at, sealedKey, iv, tag, digest } as BackupPart;
}

// About so many images are in a blob of rows, and at most so many.
const meanLength = 512;
const greatestLength = 4 * meanLength;

/**
 * Writes rows in blobs of some hundred. Where one ends depends on ids alone, so that an image that comes or goes changes one
 * of them, and all others are what they were in the backup before: those are not written again.
 */
export function createRowsWriter(place: BackupPlace) {
  const names: string[] = [];
  let lines: string[] = [];

  async function flush(): Promise<void> {
    if (lines.length === 0) return;
    const full = lines;
    lines = [];
    names.push(await place.writeRows(full));
  }

  return {
    async add(row: BackupRow): Promise<void> {
      lines.push(encodeRow(row));
      if (lines.length === greatestLength || hashOf(row.id) % meanLength === 0) await flush();
    },

    /** @returns the names of all blobs, in order */
    async end(): Promise<string[]> {
      await flush();
      return names;
    },

    /** Of all that are written. */
    names: (): readonly string[] => names,
  };
}

/** FNV-1a. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The rows of a blob. @throws PixstoreError `BACKUP_DAMAGED` */
export async function readRows(place: BackupPlace, name: string): Promise<BackupRow[]> {
  return (await place.readRows(name)).map((line) => {
    const row = decodeRow(line);
    if (!row) throw damaged(`rows/${name}`);
    return row;
  });
}

/** Rows of a backup that was made before, to be looked up by ids that ascend. One that is damaged has none. */
export function createRowLookUp(place: BackupPlace, names: readonly string[]) {
  let next = 0;
  let rows: BackupRow[] = [];
  let at = 0;

  async function load(): Promise<boolean> {
    const name = names[next];
    if (name === undefined) return false;
    next += 1;
    at = 0;
    try {
      rows = await readRows(place, name);
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
      if (!(await load())) return null;
    }
  };
}
