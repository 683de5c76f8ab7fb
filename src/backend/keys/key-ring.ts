import { createHmac, timingSafeEqual } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { WrappingContext } from './key-wrapper.js';

/**
 * What a key of the store is for: wrapping the keys of folders; making proofs; opening what a master key sealed by itself,
 * in pixstore's first schemas.
 */
export type KeyPurpose = 'store' | 'proof' | 'sealing';

/** A key of the store as it is kept. */
export interface WrappedKey {
  purpose: KeyPurpose;
  /** 16 hex digits. */
  id: string;
  /** The id of the wrapper, or of the master key, that opens it. */
  wrapper: string;
  wrapped: Uint8Array;
  /** Tells the key from any other that a wrapper may answer with. */
  check: Uint8Array;
  /** Of a proof key: when it begins to make proofs, in ms since 1970. */
  from: number;
  /** Of a proof key that another one follows: until when its proofs are good. */
  until: number | null;
}

/** All keys of the store, each purpose's latest first. */
export type KeyList = readonly WrappedKey[];

/** What a key ring says of its store, beside the keys. */
export interface RingOwner {
  /** 32 hex digits: tells a store from its copies, which have the same keys. Rings of before have none until they get one. */
  store?: string | undefined;
  /** The store is being filled, and not whole yet: by a copy of that store, or from a backup of it. */
  copying?: string | undefined;
}

const version = 1;
const longest = 256 * 1024;

export function encodeKeyRing(keys: KeyList, { store, copying }: RingOwner = {}): Uint8Array {
  const texts = keys.map((key) => ({
    ...key,
    wrapped: toBase64(key.wrapped),
    check: toBase64(key.check),
  }));
  return Buffer.from(JSON.stringify({ version, store, copying, keys: texts }));
}

/** @throws PixstoreError `SEALED_KEY_INVALID` when it is none, `COPY_UNFINISHED` when its store is not whole yet */
export function decodeKeyRing(bytes: Uint8Array): KeyList {
  const { keys, owner } = readKeyRing(bytes);
  if (owner.copying !== undefined) throw unfinished();
  return keys;
}

/** The same, also of a store that is being filled. @throws PixstoreError `SEALED_KEY_INVALID` */
export function readKeyRing(bytes: Uint8Array): { keys: KeyList; owner: RingOwner } {
  try {
    if (bytes.length > longest) throw invalid();
    const ring = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (ring.version !== version) throw invalid();
    const keys = (ring.keys as unknown[]).map(readKey);
    return { keys, owner: { store: readStoreId(ring.store), copying: readStoreId(ring.copying) } };
  } catch (cause) {
    throw cause instanceof PixstoreError ? cause : invalid(cause);
  }
}

function readStoreId(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && /^[0-9a-f]{32}$/.test(value))) return value;
  throw invalid();
}

function readKey(value: unknown): WrappedKey {
  const { purpose, id, wrapper, wrapped, check, from, until } = value as Record<string, unknown>;
  if (
    (purpose === 'store' || purpose === 'proof' || purpose === 'sealing') &&
    typeof id === 'string' &&
    /^[0-9a-f]{16}$/.test(id) &&
    typeof wrapper === 'string' &&
    typeof wrapped === 'string' &&
    typeof check === 'string' &&
    typeof from === 'number' &&
    (until === null || typeof until === 'number')
  ) {
    return { purpose, id, wrapper, wrapped: fromBase64(wrapped), check: fromBase64(check), from, until };
  }
  throw invalid();
}

const checkLength = 16;

/** The first bytes of an HMAC under the key: of the key itself they tell nothing. */
export function checkOf(key: Uint8Array, { purpose, id }: Pick<WrappedKey, 'purpose' | 'id'>): Uint8Array {
  const code = createHmac('sha256', key).update(`pixstore/key-check/v1\n${purpose}\n${id}`).digest();
  return code.subarray(0, checkLength);
}

export function passesCheck(key: Uint8Array, wrapped: WrappedKey): boolean {
  return wrapped.check.length === checkLength && timingSafeEqual(checkOf(key, wrapped), wrapped.check);
}

/** What a key is bound to when it is wrapped. */
export function contextOf({ purpose, id }: Pick<WrappedKey, 'purpose' | 'id'>): WrappingContext {
  return { application: 'pixstore', purpose: `${purpose} key`, key: id };
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));

function invalid(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'What the store keeps its own keys in cannot be read: it was changed, or is damaged. Restore the database from a backup.',
    { cause },
  );
}

function unfinished(): PixstoreError {
  return new PixstoreError(
    'COPY_UNFINISHED',
    'This store is being filled by a copy or from a backup, which did not end: it is not whole. Begin that anew, it goes on; or use another store.',
  );
}
