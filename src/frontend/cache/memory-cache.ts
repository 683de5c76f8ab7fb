import { createByteLru } from '../../shared/byte-lru.js';

/** One decrypted image, and what it was decrypted with. */
export interface MemoryEntry {
  token: number;
  /** Key and tag: a record that has others must not get the picture. */
  openedWith: string;
  image: Blob;
}

/** Decrypted images, by id; the least recently used go when together they take more than the limit. */
export type MemoryCache = ReturnType<typeof createMemoryCache>;

export function createMemoryCache(limitBytes: number) {
  const entries = createByteLru<MemoryEntry>(limitBytes, ({ image }) => image.size);

  return {
    get(id: string, token: number, openedWith: string): Blob | undefined {
      const entry = entries.peek(id);
      if (entry?.token !== token || entry.openedWith !== openedWith) return undefined;
      return entries.get(id)?.image;
    },

    has: (id: string): boolean => entries.peek(id) !== undefined,

    /** Keeps an image, unless a newer version of it is kept already. */
    put(id: string, entry: MemoryEntry): void {
      const kept = entries.peek(id);
      if (!kept || kept.token <= entry.token) entries.put(id, entry);
    },

    usage: () => ({ entries: entries.entries, bytes: entries.bytes }),

    /** Removes an image, or all, and says whether it was there. */
    remove(id?: string): boolean {
      if (id !== undefined) return entries.remove(id);
      entries.clear();
      return false;
    },
  };
}
