import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256-GCM as servers keep it: iv 12 | encrypted | tag 16. */
export function sealBox(key: Uint8Array, plaintext: Uint8Array, bound: string | Uint8Array): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound));
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @returns null when it was changed, or is bound to something else */
export function openBox(key: Uint8Array, box: Uint8Array, bound: string | Uint8Array): Buffer | null {
  if (box.length < 28) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(bound)).setAuthTag(box.subarray(-16));
  try {
    return Buffer.concat([decipher.update(box.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
