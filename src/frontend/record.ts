import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { isImageId, isToken } from '../shared/image-id.js';
import type { DecryptionKey } from '../shared/wire/payload.js';
import type { ImageMeta, ImageRecord } from '../types/index.js';

// base64 of exactly 32, 12 and 16 bytes
const metaPatterns: Readonly<Record<keyof ImageMeta, RegExp>> = {
  key: /^[A-Za-z0-9+/]{43}=$/,
  iv: /^[A-Za-z0-9+/]{16}$/,
  tag: /^[A-Za-z0-9+/]{22}==$/,
};

/**
 * Makes sure that a record is whole, before anything is looked up for it.
 *
 * @throws PixstoreError `RECORD_INVALID`, naming the field but never its value
 */
export function assertRecord(value: unknown): asserts value is ImageRecord {
  if (typeof value !== 'object' || value === null) throw invalid(`${value && typeof value} instead of a record`);
  const { id, token, meta, statelessProof } = value as Record<string, unknown>;
  if (!isImageId(id)) throw broken('id');
  if (!isToken(token)) throw broken('token');
  for (const [field, pattern] of Object.entries(metaPatterns)) {
    const text = (meta as Record<string, unknown> | null | undefined)?.[field];
    if (typeof text !== 'string' || !pattern.test(text)) throw broken(`meta.${field}`);
  }
  // An empty proof may be right: the backend can have proof validation switched off.
  if (typeof statelessProof !== 'string') throw broken('statelessProof');
}

/** The bytes of a record's meta. */
export function decodeMeta({ key, iv, tag }: ImageMeta): DecryptionKey {
  return { key: fromBase64(key), iv: fromBase64(iv), tag: fromBase64(tag) };
}

/** The text of the bytes that came with a payload, as a record would have them. */
export function encodeMeta({ key, iv, tag }: DecryptionKey): ImageMeta {
  return { key: toBase64(key), iv: toBase64(iv), tag: toBase64(tag) };
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function broken(field: string): PixstoreError {
  return invalid(`a record whose "${field}" is missing or broken`);
}

function invalid(what: string): PixstoreError {
  return new PixstoreError('RECORD_INVALID', `Got ${what}: hand over what getImageRecord gave your API, unchanged.`);
}
