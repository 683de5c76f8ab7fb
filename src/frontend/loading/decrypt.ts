import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { formatFromByte, mimeTypeOf } from '../../shared/protocol/formats.js';
import { tagLength } from '../../shared/protocol/layout.js';
import type { DecryptionKey } from '../../shared/protocol/payload.js';
import type { Picture } from '../cache/memory-cache.js';

/** A copy of a ciphertext that has room for its tag, in a buffer that holds nothing else. */
export function withRoomForTag(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
  const sealed = new Uint8Array(ciphertext.length + tagLength);
  sealed.set(ciphertext);
  return sealed;
}

/**
 * Decrypts with AES-256-GCM.
 *
 * @param sealed - ciphertext and, behind it, room for the tag, which is put there as WebCrypto wants it
 * @returns the format's byte and the image
 * @throws PixstoreError `DECRYPTION_FAILED` when key, IV, tag and ciphertext do not belong together
 */
export async function decrypt(
  sealed: Uint8Array<ArrayBuffer>,
  { key, iv, tag }: DecryptionKey,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const imported = await crypto.subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, ['decrypt']);
    sealed.set(tag, sealed.length - tagLength);
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: iv as BufferSource }, imported, sealed));
  } catch (cause) {
    throw new PixstoreError('DECRYPTION_FAILED', 'The image does not fit its record.', { cause });
  }
}

/**
 * Makes an image of what was decrypted; copies nothing.
 *
 * @param types - MIME types of the formats that may be shown (jpg and jpeg are one type)
 * @throws PixstoreError `FORMAT_REFUSED` when its format is not among them
 */
export function toPicture(plaintext: Uint8Array<ArrayBuffer>, types: readonly string[]): Picture {
  const format = formatFromByte(plaintext[0]);
  const type = mimeTypeOf(format);
  if (types.includes(type)) return { bytes: plaintext.subarray(1), type };
  throw new PixstoreError('FORMAT_REFUSED', `The option "imageFormats" does not list ${format ?? 'its format'}.`);
}
