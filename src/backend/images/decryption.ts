import { createDecipheriv } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { MaybePromise } from '../../shared/maybe-promise.js';
import { formatFromByte } from '../../shared/protocol/formats.js';
import type { PartRecord } from '../../stores/port.js';
import type { ImageFormat } from '../../types/index.js';
import type { EncryptedImage } from './encryption.js';

// As much as is encrypted in one turn of the loop.
const sliceLength = 1024 * 1024;

// What is looked at and let go of comes from memory that is used again when it has this size.
const discardedLength = 64 * 1024;

/**
 * Decrypts a version of an image.
 *
 * @throws PixstoreError `CIPHERTEXT_MISSING` when it is not what was encrypted
 */
export async function decryptImage(
  image: EncryptedImage,
): Promise<{ format: ImageFormat; bytes: Uint8Array<ArrayBuffer> }> {
  const { formatByte, bytes } = await decryptBytes(image);
  const format = formatFromByte(formatByte);
  if (!format) throw damaged();
  return { format, bytes };
}

/** The same, whatever its first byte says of its format. */
export async function decryptBytes({
  key,
  iv,
  tag,
  ciphertext,
}: EncryptedImage): Promise<{ formatByte: number | undefined; bytes: Uint8Array<ArrayBuffer> }> {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tag.length });
  decipher.setAuthTag(tag);
  const first = decipher.update(ciphertext.subarray(0, 1));
  const bytes = new Uint8Array(Math.max(ciphertext.length - 1, 0));
  for (let at = 1; at < ciphertext.length; at += sliceLength) {
    if (at > 1) await nextTurn();
    bytes.set(decipher.update(ciphertext.subarray(at, at + sliceLength)), at - 1);
  }
  try {
    decipher.final();
  } catch (cause) {
    throw damaged(cause);
  }
  return { formatByte: first[0], bytes };
}

/**
 * Is a part what was encrypted? It is decrypted as it comes, and nothing is kept of it: at once where it is at hand.
 *
 * @throws what keeps it from being read
 */
export function isAsEncrypted(
  key: Uint8Array,
  { iv, tag }: PartRecord,
  ciphertext: Uint8Array | AsyncIterable<Uint8Array>,
): MaybePromise<boolean> {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tag.length });
  decipher.setAuthTag(tag);
  let format: number | undefined;

  function take(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; at += discardedLength) {
      const [first] = decipher.update(piece.subarray(at, at + discardedLength));
      format ??= first;
    }
  }

  function isWhole(): boolean {
    try {
      decipher.final();
    } catch {
      return false;
    }
    return formatFromByte(format) !== undefined;
  }

  async function takeAll(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
    for await (const piece of chunks) take(piece);
    return isWhole();
  }

  if (!(ciphertext instanceof Uint8Array)) return takeAll(ciphertext);
  take(ciphertext);
  return isWhole();
}

function damaged(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'CIPHERTEXT_MISSING',
    'The ciphertext of an image is damaged: it is not what was encrypted. Restore it from a backup.',
    { cause },
  );
}
