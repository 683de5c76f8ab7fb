import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { openBox, sealBox } from './box.js';

/** A key of the store, which wraps those of its folders. */
export interface StoreKey {
  /** 16 hex digits. */
  id: string;
  key: Uint8Array;
}

/** Which key of which folder: it opens for no other. */
export interface FolderKeyOwner {
  folder: string;
  generation: number;
}

// version 1 | store key id 8 | box over the key
const version = 1;
const idAt = 1;
const boxAt = idAt + 8;

export function wrapFolderKey(
  key: Uint8Array,
  owner: FolderKeyOwner,
  storeKey: StoreKey,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const box = sealBox(storeKey.key, key, additionalData(owner), randomBytes);
  return Buffer.concat([Uint8Array.of(version), Buffer.from(storeKey.id, 'hex'), box]);
}

const wrappingKeys = new WeakMap<Uint8Array, string>();

/** Which key of the store wrapped it. */
export function wrappingKeyOf(wrapped: Uint8Array): string {
  const known = wrappingKeys.get(wrapped);
  if (known !== undefined) return known;
  const id = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length).toString('hex', idAt, boxAt);
  wrappingKeys.set(wrapped, id);
  return id;
}

/** @throws PixstoreError `SEALED_KEY_INVALID` when it was changed or moved */
export function unwrapFolderKey(wrapped: Uint8Array, owner: FolderKeyOwner, { key }: StoreKey): Uint8Array {
  const opened = wrapped[0] === version ? openBox(key, wrapped.subarray(boxAt), additionalData(owner)) : null;
  // Copied, since it is used again and again: what a decipher gives is a view of other memory, which takes ciphers longer.
  if (opened) return Uint8Array.from(opened);
  throw new PixstoreError(
    'SEALED_KEY_INVALID',
    'The stored key of a folder does not open: its row was changed, or moved from another folder or store. Restore the database from a backup.',
  );
}

function additionalData({ folder, generation }: FolderKeyOwner): string {
  return `pixstore/folder-key/v1\n${generation}\n${folder}`;
}
