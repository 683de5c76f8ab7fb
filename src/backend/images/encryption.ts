import { createCipheriv, webcrypto } from 'node:crypto';
import { formatToByte } from '../../shared/formats.js';
import { ivLength, keyLength, tagLength } from '../../shared/wire/layout.js';
import type { DecryptionKey } from '../../shared/wire/payload.js';
import type { ImageFormat } from '../../types/index.js';

export type RandomBytes = (length: number) => Uint8Array;

export interface EncryptedImage extends DecryptionKey {
  ciphertext: Uint8Array;
}

// Up to here (half a millisecond) a cipher on this thread costs less than the trip to the thread pool, whose copies
// weigh more than the encryption. Above, the thread that serves requests must not stand still for it.
const inlineLimit = 1024 * 1024;

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
  const formatByte = Uint8Array.of(formatToByte(format));
  const encrypt = bytes.length <= inlineLimit ? encryptHere : encryptOnThreadPool;
  return { key, iv, ...(await encrypt(formatByte, bytes, key, iv)) };
}

type Encrypted = Pick<EncryptedImage, 'tag' | 'ciphertext'>;

function encryptHere(formatByte: Uint8Array, bytes: Uint8Array, key: Uint8Array, iv: Uint8Array): Encrypted {
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const ciphertext = new Uint8Array(Buffer.allocUnsafeSlow(formatByte.length + bytes.length).buffer);
  ciphertext.set(cipher.update(formatByte));
  for (let at = 0; at < bytes.length; at += chunkLength) {
    ciphertext.set(cipher.update(bytes.subarray(at, at + chunkLength)), formatByte.length + at);
  }
  cipher.final();
  return { tag: cipher.getAuthTag(), ciphertext };
}

async function encryptOnThreadPool(
  formatByte: Uint8Array,
  bytes: Uint8Array,
  key: Uint8Array,
  iv: Uint8Array,
): Promise<Encrypted> {
  const { subtle } = webcrypto;
  const plaintext = Buffer.concat([formatByte, bytes]);
  const cryptoKey = await subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  const sealed = new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, cryptoKey, plaintext));
  const end = sealed.length - tagLength;
  return { tag: sealed.subarray(end), ciphertext: sealed.subarray(0, end) };
}
