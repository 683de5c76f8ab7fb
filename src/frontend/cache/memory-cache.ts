/** One decrypted image. */
export interface MemoryEntry {
  token: number;
  /** A record of another version must not get the picture. */
  version: string;
  image: Blob;
}

/** Decrypted images, by id; the least recently used go when together they take more than the limit. */
export type MemoryCache<Entry extends MemoryEntry> = ReturnType<typeof createMemoryCache<Entry>>;

export function createMemoryCache<Entry extends MemoryEntry>(limitBytes: number) {
  // In the order of their last use.
  const entries = new Map<string, Entry>();
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
    get(id: string, version: string): Entry | undefined {
      const entry = entries.get(id);
      if (entry?.version !== version) return undefined;
      entries.delete(id);
      entries.set(id, entry);
      return entry;
    },

    has: (id: string): boolean => entries.has(id),

    /** Keeps an image, unless it is too large or a newer version of it is kept already. */
    put(id: string, entry: Entry): void {
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
