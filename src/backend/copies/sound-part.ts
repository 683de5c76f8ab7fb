import type { PartRecord } from '../../stores/port.js';
import { decryptImage } from '../images/decryption.js';
import type { OpenedKeys } from './opened-keys.js';

/** Decrypts a part to see that it is what was encrypted. @throws PixstoreError `CIPHERTEXT_MISSING`, `SEALED_KEY_INVALID` */
export async function requireSound(part: PartRecord, ciphertext: Uint8Array, keys: OpenedKeys): Promise<void> {
  const { iv, tag } = part;
  await decryptImage({ key: keys.unseal(part).key, iv, tag, ciphertext });
}
