import { createCipheriv, webcrypto } from 'node:crypto';
import { formatToByte } from '../../shared/formats.js';
import { type DecryptionKey, ivLength, keyLength, tagLength } from '../../shared/wire/payload.js';
import type { ImageFormat } from '../../types/index.js';

export type RandomBytes = (length: number) => Uint8Array;

export interface EncryptedImage extends DecryptionKey {
  ciphertext: Uint8Array;
}

// Up to here a cipher on this thread is done sooner than the trip to the thread pool takes. Above, the thread that
// serves requests must not stand still for it.
const inlineLimit = 128 * 1024;

/**
 * Encrypts one version of an image under a new key. The bytes are taken before this function returns its promise, so
 * the caller may reuse its buffer.
 */
export async function encryptImage(
  format: ImageFormat,
  bytes: Uint8Array,
  randomBytes: RandomBytes,
): Promise<EncryptedImage> {
  const key = randomBytes(keyLength);
  const iv = randomBytes(ivLength);
  const formatByte = Uint8Array.of(formatToByte(format));
  if (bytes.length <= inlineLimit) {
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const ciphertext = Buffer.concat([cipher.update(formatByte), cipher.update(bytes), cipher.final()]);
    return { key, iv, tag: cipher.getAuthTag(), ciphertext };
  }
  const plaintext = Buffer.concat([formatByte, bytes]);
  const { subtle } = webcrypto;
  const cryptoKey = await subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  const sealed = new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, cryptoKey, plaintext));
  const end = sealed.length - tagLength;
  return { key, iv, tag: sealed.subarray(end), ciphertext: sealed.subarray(0, end) };
}
