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

/** The rows of a blob. @throws PixstoreError `BACKUP_DAMAGED` */
export async function readRows(place: BackupPlace, name: string): Promise<BackupRow[]> {
  return (await place.readRows(name)).map((line) => {
    const row = decodeRow(line);
    if (!row) throw damaged(`rows/${name}`);
    return row;
  });
}
