import { createByteLru } from '../../shared/byte-lru.js';
import type { ImageStore, StoredPart } from '../storage/port.js';

/** Reads images, keeping the ciphertexts that are asked for most in memory. */
export type HotReads = ReturnType<typeof createHotReads>;

/**
 * What is in memory is served only while the store says that its token is the current one. So nothing outdated is ever
 * served, whatever other processes do to the store.
 *
 * @param limitBytes - ciphertext kept at most; 0 keeps none
 */
export function createHotReads(store: ImageStore, limitBytes: number) {
  const hot = createByteLru<Hot>(limitBytes, ({ ciphertext }) => ciphertext.length);
  let hits = 0;
  let misses = 0;

  return {
    async read(id: string): Promise<StoredPart | null> {
      const kept = hot.get(id);
      if (kept) {
        const looked = store.record(id);
        const record = looked instanceof Promise ? await looked : looked;
        if (record?.token === kept.token) {
          hits += 1;
          return { ...record, ciphertext: kept.ciphertext };
        }
        hot.remove(id);
        if (!record) return null;
      }
      const part = await store.read(id); // which looks up the record as well
      if (part) {
        misses += 1;
        hot.put(id, { token: part.token, ciphertext: part.ciphertext });
      }
      return part;
    },

    stats: () => ({ hits, misses, bytes: hot.bytes }),
  };
}

interface Hot {
  token: number;
  ciphertext: Uint8Array;
}
