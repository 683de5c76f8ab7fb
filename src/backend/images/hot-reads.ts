import { createByteLru } from '../../shared/byte-lru.js';
import type { ImageStore, StoredPart } from '../storage/port.js';

/** Reads images, keeping the ciphertexts that are asked for most in memory. */
export type HotReads = ReturnType<typeof createHotReads>;

/**
 * The record is looked up in the store every time, and a ciphertext is only served under the very token it was read
 * with. So nothing outdated is ever served, whatever other processes do to the store.
 *
 * @param limitBytes - ciphertext kept at most; 0 keeps none
 */
export function createHotReads(store: ImageStore, limitBytes: number) {
  const ciphertexts = createByteLru<Uint8Array>(limitBytes, (ciphertext) => ciphertext.length);
  let hits = 0;
  let misses = 0;

  return {
    async read(id: string): Promise<StoredPart | null> {
      const looked = store.record(id);
      const record = looked instanceof Promise ? await looked : looked;
      if (!record) return null;
      const ciphertext = ciphertexts.get(`${id}@${record.token}`);
      if (ciphertext) {
        hits += 1;
        return { ...record, ciphertext };
      }
      misses += 1;
      const part = await store.read(id);
      if (part) ciphertexts.put(`${id}@${part.token}`, part.ciphertext);
      return part;
    },

    stats: () => ({ hits, misses, bytes: ciphertexts.bytes }),
  };
}
