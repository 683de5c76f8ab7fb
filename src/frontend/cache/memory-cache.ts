import type { Picture } from '../decrypt.js';

/** One decrypted image. */
export interface MemoryEntry {
  token: number;
  /** A record of another version must not get the picture. */
  version: string;
  picture: Picture;
}

/** Decrypted images, by id; the least recently used go when together they take more than the limit. */
export type MemoryCache = ReturnType<typeof createMemoryCache>;

export function createMemoryCache(limitBytes: number) {
  // In the order of their last use.
  const entries = new Map<string, MemoryEntry>();
  let bytes = 0;

  /** Removes an image, or all, and says whether it was there. */
  function remove(id?: string): boolean {
    let wasThere = false;
    for (const each of id === undefined ? entries.keys() : [id]) {
      bytes -= entries.get(each)?.picture.bytes.length ?? 0;
      wasThere = entries.delete(each);
    }
    return wasThere;
  }

  return {
    get(id: string, version: string): MemoryEntry | undefined {
      const entry = entries.get(id);
      if (entry?.version !== version) return undefined;
      entries.delete(id);
      entries.set(id, entry);
      return entry;
    },

    has: (id: string): boolean => entries.has(id),

    /** Keeps an image, unless it is too large or a newer version of it is kept already. */
    put(id: string, { token, version, picture }: MemoryEntry): void {
      const { length } = picture.bytes;
      if ((entries.get(id)?.token ?? 0) > token) return;
      remove(id);
      if (length > limitBytes) return;
      entries.set(id, { token, version, picture });
      bytes += length;
      for (const oldest of entries.keys()) {
        if (bytes <= limitBytes) break;
        remove(oldest);
      }
    },

    usage: () => ({ entries: entries.size, bytes }),
    remove,
  };
}
