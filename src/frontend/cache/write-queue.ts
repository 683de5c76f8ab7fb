import { coalesce } from '../../shared/coalesce.js';
import { belongsTo } from '../../shared/protocol/image-id.js';
import type { CacheDatabase } from './database.js';
import type { Eviction } from './eviction.js';
import type { Logouts } from './logouts.js';
import { listenToPage } from './page-events.js';
import type { ImageRow, UsageRow } from './schema.js';

/** What waits to be written: an image, or, without its row, only when it was used. */
interface Entry {
  used: UsageRow;
  row?: ImageRow | undefined;
}

/** What a write queue writes to, and goes by. */
export interface WriteQueueParts {
  database: CacheDatabase;
  logouts: Logouts;
  eviction: Eviction;
  /** The clock, in milliseconds. */
  now: () => number;
}

/**
 * Gathers what is to be written: images and times of use share transactions, which begin when the page is idle and
 * nothing more comes, since pictures that are still on their way need the processor. When the page is hidden or left,
 * all that waits is written at once. Nothing is written that is from before a logout.
 */
export function createWriteQueue({ database, logouts, eviction, now }: WriteQueueParts) {
  const minute = 60_000;
  const bytesAtOnce = 4_000_000;
  // So few that the page does not notice.
  const entriesAtOnce = 100;
  // Idle moments that are let pass while more comes.
  const mostPatience = 20;
  const waiting = new Map<string, Entry>();
  // The newest version of each image that this page saw on disk or gave to it.
  const newest = new Map<string, number>();
  let makeRoomAfter = 0;

  async function calm(): Promise<void> {
    for (let moments = 0; moments < mostPatience; moments += 1) {
      const before = waiting.size;
      await new Promise<unknown>((resolve) => {
        // Safari and workers have no idle callback.
        globalThis.requestIdleCallback?.(resolve, { timeout: 500 }) ?? setTimeout(resolve, 50);
      });
      if (waiting.size === before) return;
    }
  }

  const flush = coalesce(async () => {
    while (waiting.size > 0) {
      await calm();
      const batch: Entry[] = [];
      let bytes = 0;
      for (const entry of waiting.values()) {
        batch.push(entry);
        bytes += entry.row?.size ?? 0;
        if (bytes > bytesAtOnce || batch.length === entriesAtOnce) break;
      }
      try {
        await write(batch);
      } catch {
        for (const entry of batch) await writeAlone(entry);
      }
      for (const entry of batch) if (waiting.get(entry.used.id) === entry) waiting.delete(entry.used.id);
    }
    await eviction.run();
  });

  /** Where there is no room left, old images go, unless that was of no use moments ago: then they had better stay. */
  async function writeAlone(entry: Entry): Promise<void> {
    try {
      await write([entry]);
    } catch {
      if (now() <= makeRoomAfter) return;
      try {
        await eviction.run(true);
        await write([entry]);
      } catch {
        makeRoomAfter = now() + minute;
      }
    }
  }

  /**
   * @param isLast - the page may be gone before any request is answered, so nothing can be read first. An older version
   * can then take the place of one that another tab wrote meanwhile; that costs a fetch.
   */
  function write(batch: Entry[], isLast?: boolean): Promise<unknown> {
    // Times of use alone keep nobody from reading images.
    const withImages = batch.some(({ row }) => row);
    return database.use('readwrite', withImages ? ['usage', 'logouts', 'images'] : ['usage', 'logouts'], (stores) => {
      const put = (entry: Entry, kept?: UsageRow) => {
        const { used, row } = entry;
        // It was removed meanwhile, or comes once more.
        if (waiting.get(used.id) !== entry) return;
        // A slow, old answer must not take the place of a newer version, nor a time of use that of an image.
        if (row ? kept && kept.token > used.token : kept?.token !== used.token) return;
        stores.usage.put(used);
        if (!row) return;
        stores.images.put(row);
        eviction.add(row.size);
      };
      if (isLast) {
        if (logouts.insist(stores.logouts)) for (const entry of batch) put(entry, entry.used);
        stores.usage.transaction.commit?.();
      } else {
        logouts.ifCurrent(stores.logouts, () => {
          for (const entry of batch) {
            const kept = stores.usage.get(entry.used.id);
            kept.onsuccess = () => put(entry, kept.result);
          }
        });
      }
      return true;
    });
  }

  function writeNow(): void {
    // What fails, or comes too late, is in the queue still.
    if (waiting.size > 0) write([...waiting.values()], true).catch(() => {});
  }

  /** The same as `remove`, for the original of an image alone. */
  function removePart(id: string): boolean {
    newest.delete(id);
    return waiting.delete(id);
  }

  const endListening = listenToPage({ pagehide: writeNow, visibilitychange: writeNow });

  return {
    /** An image that waits. */
    get: (id: string): ImageRow | undefined => waiting.get(id)?.row,

    /**
     * Keeps an image, in the background, unless a newer version of it is known.
     *
     * @param isNew - false when the image is on disk, and only its use is noted
     */
    add(row: ImageRow, isNew: boolean): void {
      const { id, token, size } = row;
      if ((newest.get(id) ?? 0) > token) return;
      newest.set(id, token);
      waiting.set(id, { used: { id, token, size, lastUsed: now() }, row: isNew ? row : undefined });
      void flush();
    },

    removePart,

    /**
     * Drops what waits of an image and its variants, or of a variant, also while it is being written, and says whether
     * there was anything.
     */
    remove(id: string): boolean {
      let waited = false;
      // What waits was seen, too.
      for (const part of newest.keys()) if (belongsTo(part, id)) waited = removePart(part) || waited;
      return waited;
    },

    removeAll(): void {
      newest.clear();
      waiting.clear();
    },

    /** Writes what waits, and has no more of the page's events. */
    close(): void {
      endListening();
      writeNow();
    },
  };
}
