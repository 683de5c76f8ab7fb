import { createCipheriv } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatToByte } from '../../shared/protocol/formats.js';
import { ivLength, keyLength } from '../../shared/protocol/layout.js';
import type { DecryptionKey } from '../../shared/protocol/payload.js';
import type { ImageFormat } from '../../types/index.js';

export type RandomBytes = (length: number) => Uint8Array;

export interface EncryptedImage extends DecryptionKey {
  ciphertext: Uint8Array;
}

// What is encrypted in one turn of the loop, in about half a millisecond: the thread that serves requests must not stand
// still for a large image. The thread pool would take it over whole, but its copies of 50 MiB stop the loop for longer.
const sliceLength = 1024 * 1024;

// Results of this size come from memory that is used again; larger ones would each be mapped and unmapped.
const chunkLength = 64 * 1024;

/** Encrypts one version of an image under a new key. Up to 1 MiB, the bytes are taken before this returns its promise. */
export async function encryptImage(
  format: ImageFormat,
  bytes: Uint8Array,
  randomBytes: RandomBytes,
): Promise<EncryptedImage> {
  const key = randomBytes(keyLength);
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = new Uint8Array(Buffer.allocUnsafeSlow(1 + bytes.length).buffer);
  ciphertext.set(cipher.update(Uint8Array.of(formatToByte(format))));
  for (let at = 0; at < bytes.length; at += chunkLength) {
    if (at > 0 && at % sliceLength === 0) await nextTurn();
    ciphertext.set(cipher.update(bytes.subarray(at, at + chunkLength)), 1 + at);
  }
  cipher.final();
  return { key, iv, tag: cipher.getAuthTag(), ciphertext };
}
