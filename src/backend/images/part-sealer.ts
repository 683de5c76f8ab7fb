import { folderOf } from '../../shared/protocol/image-id.js';
import type { Part } from '../../stores/port.js';
import { sealKey } from '../keys/sealing.js';
import type { StoreKeys } from '../keys/store-keys.js';
import type { RandomBytes } from './encryption.js';
import type { NewPart } from './new-parts.js';

/** What names a version, and what is sealed to it. */
export type SealParts = ReturnType<typeof createPartSealer>;

/** Seals the keys of new parts: from then on they can be kept in this version of the image, and in no other. */
export function createPartSealer({ keys, randomBytes }: { keys: StoreKeys; randomBytes: RandomBytes }) {
  return async function sealParts(id: string, token: number, parts: readonly NewPart[]): Promise<Part[]> {
    // Looked up each time: what is stored may be another version because the key is another one.
    const found = keys.folderKey(folderOf(id));
    const folderKey = found instanceof Promise ? await found : found;
    return parts.map((part) => {
      const { variant, iv, tag, ciphertext } = part;
      return { variant, sealedKey: sealKey(part, { id, variant, token }, folderKey, randomBytes), iv, tag, ciphertext };
    });
  };
}
