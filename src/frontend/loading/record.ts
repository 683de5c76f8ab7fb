import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isImageId, isToken } from '../../shared/protocol/image-id.js';
import type { DecryptionKey } from '../../shared/protocol/payload.js';
import type { ImageMeta, ImageRecord } from '../../types/index.js';

/**
 * Makes sure that a record is whole, before anything is looked up for it.
 *
 * @throws PixstoreError `RECORD_INVALID`, naming the field but never its value
 */
export function assertRecord(value: unknown): asserts value is ImageRecord {
  const { id, token, meta, statelessProof } = (value ?? {}) as Record<string, unknown>;
  const { key, iv, tag } = (meta ?? {}) as Record<string, unknown>;
  check('id', isImageId(id));
  check('token', isToken(token));
  // base64 of exactly 32, 12 and 16 bytes
  check('meta', /^[a-z\d+/]{43}=,[a-z\d+/]{16},[a-z\d+/]{22}==$/i.test([key, iv, tag].join()));
  // An empty proof may be right: the backend can have proof validation switched off.
  check('statelessProof', typeof statelessProof === 'string');
}

function check(field: string, isGood: boolean): void {
  if (isGood) return;
  throw new PixstoreError('RECORD_INVALID', `The record has no valid "${field}": pass it on unchanged.`);
}

/** What calls for many images take: null is an image that is gone, as `getImageRecord` says it. */
export type Records = readonly (ImageRecord | null)[];

/** @throws PixstoreError `RECORD_INVALID` */
export function assertRecords(value: unknown): asserts value is Records {
  if (Array.isArray(value)) return;
  throw new PixstoreError('RECORD_INVALID', 'This takes a list of records.');
}

/** @throws PixstoreError `IMAGE_ID_INVALID` */
export function assertImageId(id: unknown): asserts id is string {
  if (isImageId(id)) return;
  throw new PixstoreError('IMAGE_ID_INVALID', 'This takes the "id" of a record.');
}

/** @throws PixstoreError `RECORD_INVALID`, `INSECURE_CONTEXT` */
export function assertLoadable(record: unknown): asserts record is ImageRecord {
  assertRecord(record);
  if (globalThis.crypto?.subtle) return;
  throw new PixstoreError('INSECURE_CONTEXT', 'The page needs HTTPS, or localhost.');
}

/** Tells versions of images apart, also by what opens them: a record with another key must not get the picture. */
export function versionOf({ id, token, meta: { key, tag } }: Omit<ImageRecord, 'statelessProof'>): string {
  return [id, token, key, tag].join();
}

/** The bytes of a record's meta. */
export const decodeMeta = (meta: ImageMeta): DecryptionKey => convertMeta(meta, fromBase64);

/** The text of the bytes that came with a payload, as a record would have them. */
export const encodeMeta = (meta: DecryptionKey): ImageMeta => convertMeta(meta, toBase64);

function convertMeta<From, To>({ key, iv, tag }: Meta<From>, convert: (value: From) => To): Meta<To> {
  return { key: convert(key), iv: convert(iv), tag: convert(tag) };
}

type Meta<Value> = Record<'key' | 'iv' | 'tag', Value>;

// A plain loop, since Uint8Array.from with a function takes many times as long.
function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** However many they are: engines take only some tens of thousands of arguments in one call. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
