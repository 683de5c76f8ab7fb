import { createCipheriv, createDecipheriv } from 'node:crypto';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { ivLength, keyLength, tagLength } from '../../shared/wire/layout.js';
import type { Keyring, MasterKey } from './master-key.js';

// version 1 | master key id 8 | iv 12 | image key, encrypted 32 | tag 16
const version = 1;
const keyIdAt = 1;
const ivAt = keyIdAt + 8;
const bodyAt = ivAt + ivLength;
const tagAt = bodyAt + keyLength;
const sealedLength = tagAt + tagLength;

/** Which ciphertext a sealed key belongs to. It opens for no other: neither for another image nor another version. */
export interface KeyOwner {
  id: string;
  token: number;
}

export function sealKey(
  imageKey: Uint8Array,
  owner: KeyOwner,
  master: MasterKey,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', master.sealingKey, iv);
  cipher.setAAD(additionalData(owner));
  const sealed = new Uint8Array(sealedLength);
  sealed[0] = version;
  sealed.set(Buffer.from(master.id, 'hex'), keyIdAt);
  sealed.set(iv, ivAt);
  sealed.set(cipher.update(imageKey), bodyAt);
  cipher.final();
  sealed.set(cipher.getAuthTag(), tagAt);
  return sealed;
}

/**
 * @throws PixstoreError `SEALED_KEY_INVALID` when it was changed or moved, `MASTER_KEY_MISMATCH` when its master key is
 * not at hand
 */
export function unsealKey(sealed: Uint8Array, owner: KeyOwner, keyring: Keyring): Uint8Array {
  if (sealed.length !== sealedLength || sealed[0] !== version) throw invalid();
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const keyId = bytes.toString('hex', keyIdAt, ivAt);
  const master = keyring.find((key) => key.id === keyId);
  if (!master) {
    throw new PixstoreError(
      'MASTER_KEY_MISMATCH',
      'The key of an image was sealed with a master key that was not given. Give every key that is in use.',
    );
  }
  const decipher = createDecipheriv('aes-256-gcm', master.sealingKey, bytes.subarray(ivAt, bodyAt), {
    authTagLength: tagLength,
  });
  decipher.setAAD(additionalData(owner));
  decipher.setAuthTag(bytes.subarray(tagAt));
  try {
    const imageKey = decipher.update(bytes.subarray(bodyAt, tagAt));
    decipher.final();
    return imageKey;
  } catch (cause) {
    throw invalid(cause);
  }
}

function additionalData({ id, token }: KeyOwner): Uint8Array {
  return Buffer.from(`pixstore/sealed-key/v1\n${token}\n${id}`);
}

function invalid(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'SEALED_KEY_INVALID',
    'The stored key of an image does not open: its row was changed, or moved from another image or version. Restore it from a backup.',
    { cause },
  );
}
