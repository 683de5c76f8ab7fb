import type { FrontendOptions } from '../config.js';
import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import { countUsage, type DiskUsage } from './disk-usage.js';
import { patiently } from './patience.js';
import type { StoreNames } from './schema.js';

/** Keeps the disk cache within its limits. */
export type Eviction = ReturnType<typeof createEviction>;

const minute = 60_000;
const mebibyte = 1024 * 1024;
/** So few that the page does not notice. */
const rowsAtOnce = 100;

/**
 * Removes the least recently used images when there are too many of them, or too many bytes, in one tab at a time. It
 * goes by the usage rows and reads no image bytes.
 */
export function createEviction(database: CacheDatabase, names: StoreNames, options: FrontendOptions) {
  const { frontendImageCacheLimit: limit, frontendCleanupBatch: batch, now } = options;
  let limitBytes = options.frontendCacheBytes;
  // As of the last count, and what this tab has written since; other tabs write too.
  let held: DiskUsage = { entries: 0, bytes: 0 };
  let countAfter = 0;
  let short = false;

  async function count(): Promise<void> {
    countAfter = now() + minute;
    held = (await countUsage(database, names)) ?? held;
  }

  const run = coalesce(async () => {
    limitBytes ??= await shareOfQuota();
    const mostBytes = limitBytes;
    if (now() > countAfter) await count();
    if (!short && held.entries <= limit && held.bytes <= mostBytes) return;
    // Not while another tab is at it. Browsers without Web Locks do the same work twice at worst.
    const locks = globalThis.navigator?.locks;
    if (!locks) await evict(mostBytes);
    else {
      const name = `pixstore:${options.frontendDbName}`;
      await locks.request(name, { ifAvailable: true }, (lock) => lock && evict(mostBytes));
    }
  });

  async function evict(mostBytes: number): Promise<void> {
    await count();
    // Whole batches of images, and a tenth of the bytes: not every image that comes shall cost one that goes.
    let tooMany = Math.ceil((held.entries - limit) / batch) * batch;
    let tooLarge = held.bytes > mostBytes ? held.bytes - mostBytes * 0.9 : 0;
    // To make room never takes everything.
    if (short) tooMany = Math.max(tooMany, Math.min(batch, Math.ceil(held.entries / 2)));
    short = false;
    countAfter = 0; // it is counted anew
    let removed: number;
    do {
      removed = 0;
      await database.use('readwrite', [names.usage, names.images], (usageRows, imageRows) => {
        const oldest = usageRows.index('lastUsed').getAll(null, rowsAtOnce);
        oldest.onsuccess = () => {
          for (const { id, size } of oldest.result) {
            if (tooMany <= 0 && tooLarge <= 0) break;
            usageRows.delete(id);
            imageRows.delete(id);
            tooMany -= 1;
            tooLarge -= size;
            removed += 1;
          }
        };
        return true;
      });
    } while (removed > 0);
  }

  return {
    /** Brings the cache within its limits, in the background. */
    run,

    /** The browser has no more room: removes a batch, but never everything, even below the limits. */
    makeRoom(): Promise<void> {
      short = true;
      return run();
    },

    /** Takes note of what is written. */
    note(entries: number, bytes: number): void {
      held.entries += entries;
      held.bytes += bytes;
    },
  };
}

/** A fifth of what the browser would give this site, within reason. */
async function shareOfQuota(): Promise<number> {
  const estimate = await patiently(() => navigator.storage.estimate()).catch(() => undefined);
  return Math.min(Math.max((estimate?.quota ?? 0) / 5, 64 * mebibyte), 1024 * mebibyte);
}
