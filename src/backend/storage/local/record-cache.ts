import { createByteLru } from '../../../shared/byte-lru.js';
import type { PartRecord } from '../port.js';
import type { FoundRecord, Reads } from './reads.js';

const limitBytes = 16 * 1024 * 1024;
const recordBytes = 512; // about what a record takes in memory

/**
 * Keeps records that were looked up until anybody, in this process or another, has committed anything. SQLite tells
 * that by its data version; asking for it costs as much as the cheapest query, so it is asked once for all look-ups that
 * run without a pause: in between, nothing that this process has done can have become true. Who answers requests may
 * ask once for all of a turn of the event loop, since they were all on their way before it began.
 */
export function createRecordCache(reads: Reads) {
  const records = createByteLru<FoundRecord>(limitBytes, () => recordBytes);
  let dataVersion: number | undefined;
  let isCurrent = false;
  let isRecent = false;

  function refresh(): void {
    const version = reads.dataVersion();
    if (version !== dataVersion) records.clear();
    dataVersion = version;
    isCurrent = true;
    queueMicrotask(() => {
      isCurrent = false;
    });
    if (isRecent) return;
    isRecent = true;
    setImmediate(() => {
      isRecent = false;
    });
  }

  function expire(): void {
    isCurrent = false;
    isRecent = false;
  }

  return {
    /** The same object for the same version of a record, as long as it is kept. */
    record(id: string, recent = false): PartRecord | null {
      if (!(recent ? isRecent : isCurrent)) refresh();
      const known = records.get(id);
      if (known) return known.record;
      const found = reads.record(id);
      if (found) records.put(id, found);
      return found?.record ?? null;
    },

    /** What a look-up found before. It may have changed since. */
    remembered: (id: string): FoundRecord | undefined => records.get(id),

    /** Call after a commit of one's own: it may fall into the same turn as a look-up. */
    expire,
  };
}

export type RecordCache = ReturnType<typeof createRecordCache>;
