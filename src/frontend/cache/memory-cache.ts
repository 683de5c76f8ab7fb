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

/** Decrypted images, by id; the least recently used go when together they take more than the limit. */
export type MemoryCache = ReturnType<typeof createMemoryCache>;

// What `shared/hot-cache.ts` does besides would load 150 bytes more; and what a walk pushes out of here is on the disk.
export function createMemoryCache({ frontendMemoryCacheBytes: limitBytes }: MemoryCacheOptions) {
  // In the order of their last use.
  const entries = new Map<string, MemoryEntry>();
  let bytes = 0;

  /** Removes the original of an image alone, or a variant, and says whether it was there. */
  function removePart(id: string): boolean {
    bytes -= entries.get(id)?.picture.bytes.length ?? 0;
    return entries.delete(id);
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
      removePart(id);
      if (length > limitBytes) return;
      entries.set(id, { token, version, picture });
      bytes += length;
      for (const oldest of entries.keys()) {
        if (bytes <= limitBytes) break;
        removePart(oldest);
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
