import type { CacheDatabase } from './database.js';
import { countUsage } from './disk-usage.js';
import { patiently } from './patiently.js';

/** The limits of the disk cache. */
export interface EvictionOptions {
  /** One tab at a time evicts from a database. */
  frontendDbName: string;
  /** Images kept on disk; the least recently used go when there are more. Default 1000. */
  frontendImageCacheLimit: number;
  /** Images removed from disk at a time; less than the limit. Default 50. */
  frontendCleanupBatch: number;
  /**
   * Bytes of images kept on disk; the least recently used go when there are more. Default: a fifth of what the browser
   * gives this site, from 64 MiB to 1 GiB.
   */
  frontendCacheBytes?: number;
  /** The clock, in milliseconds. */
  now: () => number;
}

/** Keeps the disk cache within its limits. */
export type Eviction = ReturnType<typeof createEviction>;

/**
 * Removes the least recently used images when there are too many of them, or too many bytes, in one tab at a time. It
 * goes by the usage rows and reads no image bytes.
 */
export function createEviction(database: CacheDatabase, options: EvictionOptions) {
  const minute = 60_000;
  // So few that the page does not notice.
  const rowsAtOnce = 100;
  const { frontendImageCacheLimit: limit, frontendCleanupBatch: batch, now } = options;
  // As of the last count, and what this tab has written since; other tabs write too.
  let held = { entries: 0, bytes: 0 };
  let limitBytes = 0;
  let countAfter = 0;

  const isWithin = (entries: number, bytes: number) => held.entries <= entries && held.bytes <= bytes;

  async function count(): Promise<void> {
    limitBytes = options.frontendCacheBytes ?? (await shareOfQuota());
    held = (await countUsage(database)) ?? held;
    countAfter = now() + minute;
  }

  async function evict(isFull: boolean): Promise<void> {
    await count();
    // Whole batches of images, and a tenth of the bytes: not every image that comes shall cost one that goes. To make
    // room never takes everything.
    const tooMany = Math.ceil((held.entries - limit) / batch) * batch;
    const entries = held.entries - Math.max(tooMany, isFull ? Math.min(batch, Math.ceil(held.entries / 2)) : 0);
    const bytes = held.bytes > limitBytes ? limitBytes * 0.9 : limitBytes;
    for (let isDone = false; !isDone; ) {
      isDone = true;
      await database.use('readwrite', ['usage', 'images'], ({ usage, images }) => {
        const oldest = usage.index('lastUsed').getAll(null, rowsAtOnce);
        oldest.onsuccess = () => {
          for (const { id, size } of oldest.result) {
            isDone = isWithin(entries, bytes);
            if (isDone) break;
            usage.delete(id);
            images.delete(id);
            held.entries -= 1;
            held.bytes -= +size || 0;
          }
        };
        return true;
      });
    }
  }

  return {
    /**
     * Brings the cache within its limits.
     *
     * @param isFull - the browser has no more room: removes a batch, but never everything, even below the limits
     */
    async run(isFull = false): Promise<void> {
      if (now() > countAfter) await count();
      if (!isFull && isWithin(limit, limitBytes)) return;
      // Not while another tab is at it. Browsers without Web Locks do the same work twice at worst.
      const locks = globalThis.navigator?.locks;
      const work = (lock: unknown) => lock && evict(isFull);
      await (locks ? locks.request(`pixstore:${options.frontendDbName}`, { ifAvailable: true }, work) : work(true));
    },

    /** Takes note of an image that is written. */
    add(bytes: number): void {
      held.entries += 1;
      held.bytes += bytes;
    },
  };
}

/** A fifth of what the browser would give this site, within reason. */
async function shareOfQuota(): Promise<number> {
  const mebibyte = 1024 * 1024;
  const estimate = await patiently(() => navigator.storage.estimate()).catch(() => undefined);
  return Math.min(Math.max((estimate?.quota ?? 0) / 5, 64 * mebibyte), 1024 * mebibyte);
}
