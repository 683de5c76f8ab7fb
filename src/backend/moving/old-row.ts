import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isToken } from '../../shared/protocol/image-id.js';
import { ivLength, keyLength, tagLength } from '../../shared/protocol/layout.js';
import type { DecryptionKey } from '../../shared/protocol/payload.js';
import { requireImageId } from '../images/ids.js';
import type { OldRow } from './old-store.js';

/** What a row of pixstore 3.x says, checked. */
export interface OldImage {
  id: string;
  token: number;
  key: DecryptionKey;
}

/** @throws PixstoreError `IMAGE_ID_INVALID`, `TOKEN_INVALID`, `DATABASE_ROW_INVALID` */
export function readOldRow({ id, token, meta }: OldRow): OldImage {
  return { id: requireImageId(id), token: readToken(token), key: readMeta(meta) };
}

/** What a row calls its image, for who is told of it. */
export function nameOfRow({ id }: OldRow): string {
  return typeof id === 'string' ? id : '';
}

function readToken(digits: unknown): number {
  const token = typeof digits === 'string' && /^\d+$/.test(digits) ? Number(digits) : undefined;
  if (isToken(token)) return token;
  throw new PixstoreError(
    'TOKEN_INVALID',
    'The token of the old row is not a whole number from 0 to 2^53 - 1: the row was changed. Save the picture anew.',
  );
}

function readMeta(meta: unknown): DecryptionKey {
  const { key, iv, tag } = parse(meta);
  return { key: fromBase64(key, keyLength), iv: fromBase64(iv, ivLength), tag: fromBase64(tag, tagLength) };
}

function parse(meta: unknown): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(String(meta));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // What it says may be part of a key: not even the reason is told.
  }
  throw unreadable();
}

function fromBase64(text: unknown, length: number): Uint8Array {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64');
  if (bytes.length === length && bytes.toString('base64') === text) return bytes;
  throw unreadable();
}

function unreadable(): PixstoreError {
  return new PixstoreError(
    'DATABASE_ROW_INVALID',
    'The meta of the old row is not the key, iv and tag that pixstore 3.x writes: the row was changed or is damaged. Look for it in a backup of the old database; without it the file opens for nobody.',
  );
}
