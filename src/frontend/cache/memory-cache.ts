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
  // In the order of their last use.
  const entries = new Map<string, MemoryEntry>();
  let bytes = 0;

  /** Removes an image, or all, and says whether it was there. */
  function remove(id?: string): boolean {
    let wasThere = false;
    for (const each of id === undefined ? entries.keys() : [id]) {
      bytes -= entries.get(each)?.image.size ?? 0;
      wasThere = entries.delete(each);
    }
    return wasThere;
  }

  return {
    get(id: string, token: number, openedWith: string): Blob | undefined {
      const entry = entries.get(id);
      if (entry?.token !== token || entry.openedWith !== openedWith) return undefined;
      entries.delete(id);
      entries.set(id, entry);
      return entry.image;
    },

    has: (id: string): boolean => entries.has(id),

    /** Keeps an image, unless it is too large or a newer version of it is kept already. */
    put(id: string, entry: MemoryEntry): void {
      const { size } = entry.image;
      if ((entries.get(id)?.token ?? 0) > entry.token) return;
      remove(id);
      if (size > limitBytes) return;
      entries.set(id, entry);
      bytes += size;
      for (const oldest of entries.keys()) {
        if (bytes <= limitBytes) break;
        remove(oldest);
      }
    },

    usage: () => ({ entries: entries.size, bytes }),
    remove,
  };
}
