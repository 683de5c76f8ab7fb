import { belongsTo } from '../../shared/protocol/image-id.js';

/**
 * A decrypted image. Bytes and not a Blob: a Blob is not memory, since browsers write Blobs into the profile, in the
 * clear, when memory gets short.
 */
export interface Picture {
  bytes: Uint8Array<ArrayBuffer>;
  /** Its MIME type. */
  type: string;
}

/** One decrypted image. */
export interface MemoryEntry {
  token: number;
  /** A record of another version must not get the picture. */
  version: string;
  picture: Picture;
}

/** How much is kept in memory. */
export interface MemoryCacheOptions {
  /** Bytes of decrypted images kept in memory; 0 keeps none. Default 64 MiB. */
  frontendMemoryCacheBytes: number;
}

/**
 * Decrypted images, by id; the least recently used go when together they take more than the limit. Of more than that, walked
 * through again and again, each would go just before it is asked for. So where one comes back that had to go a short while
 * ago, those that came last make room for it.
 */
export type MemoryCache = ReturnType<typeof createMemoryCache>;

// The rule of `shared/hot-cache.ts` in fewer bytes: docs/decisions/0037-hot-cache.md has both.
export function createMemoryCache({ frontendMemoryCacheBytes: limitBytes }: MemoryCacheOptions) {
  // In the order of their last use.
  const entries = new Map<string, MemoryEntry>();
  // Names alone: of those that had to go, and of those that came last; not all of them are still there.
  const gone = new Set<string>();
  let latest: string[] = [];
  let bytes = 0;

  /** Removes the original of an image alone, or a variant, and says whether it was there. */
  function removePart(id: string): boolean {
    bytes -= entries.get(id)?.picture.bytes.length ?? 0;
    return entries.delete(id);
  }

  function letGo(id: string): void {
    removePart(id);
    gone.add(id);
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
    put(id: string, entry: MemoryEntry): void {
      const size = entry.picture.bytes.length;
      if ((entries.get(id)?.token ?? 0) > entry.token) return;
      removePart(id);
      if (size > limitBytes) return;
      const isBack = gone.delete(id);
      while (isBack && bytes + size > limitBytes && latest.length > 0) letGo(latest.pop() as string);
      entries.set(id, entry);
      bytes += size;
      for (const oldest of entries.keys()) {
        if (bytes <= limitBytes) break;
        letGo(oldest);
      }
      latest.push(id);
      if (gone.size + latest.length > 4 * entries.size) {
        latest = [];
        gone.clear();
      }
    },

    usage: () => ({ entries: entries.size, bytes }),
    removePart,

    /** Removes an image with its variants, or a variant, or all, and says whether there was anything. */
    remove(id?: string): boolean {
      let wasThere = false;
      for (const part of entries.keys()) {
        if (id === undefined || belongsTo(part, id)) wasThere = removePart(part);
      }
      return wasThere;
    },
  };
}
