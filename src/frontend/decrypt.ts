import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { formatFromByte, mimeTypeOf } from '../shared/formats.js';
import { type DecryptionKey, tagLength } from '../shared/wire/payload.js';
import type { ImageFormat } from '../types/index.js';

/**
 * Makes sure that this page can decrypt at all.
 *
 * @throws PixstoreError `INSECURE_CONTEXT`
 */
export function assertSecureContext(): void {
  if (globalThis.crypto?.subtle) return;
  throw new PixstoreError('INSECURE_CONTEXT', 'The page needs HTTPS, or localhost.');
}

/**
 * Decrypts one image with AES-256-GCM.
 *
 * @throws PixstoreError `DECRYPTION_FAILED` when key, IV, tag and ciphertext do not belong together;
 * `FORMAT_REFUSED` when the image's format is not among `formats`
 */
export async function decryptImage(
  ciphertext: Uint8Array,
  { key, iv, tag }: DecryptionKey,
  formats: readonly ImageFormat[],
): Promise<Blob> {
  const plaintext = await decrypt(withTag(ciphertext, tag), key as BufferSource, iv as BufferSource);
  const format = formatFromByte(plaintext[0]);
  const type = format && mimeTypeOf(format);
  if (isAllowedType(type, formats)) return new Blob([plaintext.subarray(1)], { type });
  throw new PixstoreError('FORMAT_REFUSED', `The option "imageFormats" does not list ${format ?? 'its format'}.`);
}

/** Do `formats` allow images of this MIME type? (jpg and jpeg are one type.) */
export function isAllowedType(type: string | undefined, formats: readonly ImageFormat[]): type is string {
  return formats.some((format) => mimeTypeOf(format) === type);
}

async function decrypt(sealed: BufferSource, key: BufferSource, iv: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, imported, sealed));
  } catch (cause) {
    throw new PixstoreError('DECRYPTION_FAILED', 'The image does not fit its record.', { cause });
  }
}

/** WebCrypto wants the tag behind the ciphertext. */
function withTag(ciphertext: Uint8Array, tag: Uint8Array): Uint8Array<ArrayBuffer> {
  const sealed = new Uint8Array(ciphertext.length + tagLength);
  sealed.set(ciphertext);
  sealed.set(tag, ciphertext.length);
  return sealed;
}
