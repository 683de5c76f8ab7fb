import type { DiskCache } from '../cache/disk-cache.js';
import type { MemoryCache } from '../cache/memory-cache.js';
import type { GetImageOptions } from '../network/demand.js';
import type { ImageSource } from './load-image.js';

/** What one tier holds, and how many images it gave since the frontend was made. */
export interface TierStats {
  entries: number;
  bytes: number;
  hits: number;
}

/** What `cacheStats` tells. */
export interface CacheStats {
  /** Decrypted images. */
  memory: TierStats;
  /** `entries` and `bytes` are 0 where the browser gives no storage. */
  disk: TierStats;
  /** Images that were fetched, and their size. */
  network: Omit<TierStats, 'entries'>;
}

/** Images that were shown since the frontend was made, and their size, by where they were found. */
export type Shown = Partial<Record<ImageSource, { hits: number; bytes: number }>>;

/** What counting needs of its client. */
export interface StatsParts {
  /** What a call begins with; throws when the client is closed. */
  begin(call?: GetImageOptions): void;
  memory: MemoryCache;
  disk: DiskCache;
  shown: Readonly<Shown>;
}

export async function readCacheStats({ begin, memory, disk, shown }: StatsParts): Promise<CacheStats> {
  begin();
  const nothing = { entries: 0, bytes: 0 };
  return {
    memory: { hits: shown.memory?.hits ?? 0, ...memory.usage() },
    disk: { hits: shown.disk?.hits ?? 0, ...((await disk.usage()) ?? nothing) },
    network: { hits: 0, bytes: 0, ...shown.network },
  };
}
