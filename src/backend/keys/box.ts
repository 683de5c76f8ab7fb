import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ivLength, tagLength } from '../../shared/protocol/layout.js';

/** How keys lie at rest: AES-256-GCM with a random IV. `IV 12 | encrypted | tag 16`. */
export const boxOverhead = ivLength + tagLength;

export function sealBox(
  key: Uint8Array,
  contents: Uint8Array,
  additionalData: string,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(additionalData));
  const box = new Uint8Array(boxOverhead + contents.length);
  box.set(iv);
  box.set(cipher.update(contents), ivLength);
  cipher.final();
  box.set(cipher.getAuthTag(), ivLength + contents.length);
  return box;
}

/** @returns null when it was sealed with another key or other additional data, or was changed since */
export function openBox(key: Uint8Array, box: Uint8Array, additionalData: string): Uint8Array | null {
  if (box.length < boxOverhead) return null;
  const tagAt = box.length - tagLength;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, ivLength), { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(additionalData));
  decipher.setAuthTag(box.subarray(tagAt));
  const contents = decipher.update(box.subarray(ivLength, tagAt));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return contents;
}
