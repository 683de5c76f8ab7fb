import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { PartRecord } from '../../stores/port.js';
import { decryptImage } from '../images/decryption.js';
import type { OpenedKeys } from './opened-keys.js';

/** Decrypts a part to see that it is what was encrypted. @throws PixstoreError `CIPHERTEXT_MISSING`, `SEALED_KEY_INVALID` */
export async function requireSound(part: PartRecord, ciphertext: Uint8Array, keys: OpenedKeys): Promise<void> {
  const { iv, tag } = part;
  await decryptImage({ key: keys.unseal(part).key, iv, tag, ciphertext });
}

/** Is it a ciphertext, or its key, that is at fault? */
export function isDamage(error: unknown): error is PixstoreError {
  if (!(error instanceof PixstoreError)) return false;
  return error.code === 'CIPHERTEXT_MISSING' || error.code === 'SEALED_KEY_INVALID' || error.code === 'BACKUP_DAMAGED';
}
