import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { joinId } from '../../shared/protocol/image-id.js';
import { keyLength } from '../../shared/protocol/layout.js';
import { openBox, sealBox } from './box.js';
import { decodeInfo, encodeInfo, type ImageInfo, unknownInfo } from './image-info.js';

/** Which ciphertext a sealed key belongs to. It opens for no other: neither another part nor another version. */
export interface KeyOwner {
  id: string;
  /** Undefined for the original. */
  variant?: string | undefined;
  token: number;
}

/** What opens and describes one ciphertext. */
export interface ImageKey {
  key: Uint8Array;
  /** Null when it was sealed before such was kept, or the picture does not tell. */
  info: ImageInfo | null;
}

/** The key of a folder, as it is used. */
export interface OpenFolderKey {
  generation: number;
  key: Uint8Array;
}

/** Where the keys are that open. @throws PixstoreError `MASTER_KEY_MISMATCH` when they are not at hand */
export interface OpeningKeys {
  /** The key of the image's folder. */
  folderKey(): Uint8Array;
  /** A master key's own sealing key, as the first version was sealed with. */
  sealingKey(masterKeyId: string): Uint8Array;
}

// 1: version 1 | master key id 8 | box over the key
// 2: version 1 | generation 4    | box over key and info
const first = 1;
const current = 2;
const keyIdAt = 1;
const generationAt = 1;
const firstBoxAt = keyIdAt + 8;
const boxAt = generationAt + 4;

export function sealKey(
  { key, info }: ImageKey,
  owner: KeyOwner,
  folderKey: OpenFolderKey,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const described = encodeInfo(info);
  const contents = new Uint8Array(keyLength + described.length);
  contents.set(key);
  contents.set(described, keyLength);
  return sealContents(contents, owner, folderKey, randomBytes);
}

/** Seals what was opened by {@link openSealed}, as it was. */
export function sealContents(
  contents: Uint8Array,
  owner: KeyOwner,
  { generation, key }: OpenFolderKey,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const box = sealBox(key, contents, additionalData(owner), randomBytes);
  const sealed = new Uint8Array(boxAt + box.length);
  sealed[0] = current;
  new DataView(sealed.buffer).setUint32(generationAt, generation, true);
  sealed.set(box, boxAt);
  return sealed;
}

/**
 * @throws PixstoreError `SEALED_KEY_INVALID` when it was changed or moved, `MASTER_KEY_MISMATCH` when what opens it is
 * not at hand
 */
export function unsealKey(sealed: Uint8Array, owner: KeyOwner, keys: OpeningKeys): ImageKey {
  const contents = openSealed(sealed, owner, keys);
  return { key: contents.subarray(0, keyLength), info: decodeInfo(contents.subarray(keyLength)) };
}

/** The same, as it is in a box: the key, then what describes the picture. */
export function openSealed(sealed: Uint8Array, owner: KeyOwner, keys: OpeningKeys): Uint8Array {
  const contents = openVersion(sealed, owner, keys);
  if (!contents) throw invalid();
  return contents;
}

function openVersion(sealed: Uint8Array, owner: KeyOwner, keys: OpeningKeys): Uint8Array | null {
  if (sealed[0] === current) return openBox(keys.folderKey(), sealed.subarray(boxAt), additionalData(owner));
  if (sealed[0] !== first || sealed.length < firstBoxAt) return null;
  const keyId = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length).toString('hex', keyIdAt, firstBoxAt);
  const { id, variant, token } = owner;
  const text = `pixstore/sealed-key/v1\n${token}\n${joinId(id, variant)}`;
  const key = openBox(keys.sealingKey(keyId), sealed.subarray(firstBoxAt), text);
  return key && Buffer.concat([key, unknownInfo]);
}

function additionalData({ id, variant = '', token }: KeyOwner): string {
  return `pixstore/sealed-key/v2\n${token}\n${id}\n${variant}`;
}

function invalid(): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'The stored key of an image does not open: its row was changed, or moved from another image or version. Restore it from a backup.',
  );
}
