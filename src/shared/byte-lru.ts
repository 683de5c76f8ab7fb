/** Keeps values up to a number of bytes; the least recently used go first. */
export interface ByteLru<Value> {
  /** Counts as a use. */
  get(key: string): Value | undefined;
  /** Does not count as a use. */
  peek(key: string): Value | undefined;
  /** A value above the limit is not kept at all. */
  put(key: string, value: Value): void;
  remove(key: string): boolean;
  clear(): void;
  readonly entries: number;
  readonly bytes: number;
}

/** A value between those that were used before and after it, in a ring. */
interface Entry<Value> {
  key: string;
  value: Value;
  older: Entry<Value>;
  newer: Entry<Value>;
}

export function createByteLru<Value>(limitBytes: number, sizeOf: (value: Value) => number): ByteLru<Value> {
  // Moving a key to the end of a Map would be shorter, and costs more than all else that a hit does.
  const entries = new Map<string, Entry<Value>>();
  const ring = {} as Entry<Value>; // its neighbours are the newest and the oldest
  ring.older = ring;
  ring.newer = ring;
  let bytes = 0;

  function unlink({ older, newer }: Entry<Value>): void {
    older.newer = newer;
    newer.older = older;
  }

  function makeNewest(entry: Entry<Value>): void {
    entry.newer = ring;
    entry.older = ring.older;
    ring.older.newer = entry;
    ring.older = entry;
  }

  function remove(key: string): boolean {
    const entry = entries.get(key);
    if (!entry) return false;
    unlink(entry);
    bytes -= sizeOf(entry.value);
    return entries.delete(key);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry && entry !== ring.older) {
        unlink(entry);
        makeNewest(entry);
      }
      return entry?.value;
    },

    peek: (key) => entries.get(key)?.value,

    put(key, value) {
      remove(key);
      const size = sizeOf(value);
      if (size > limitBytes) return;
      const entry: Entry<Value> = { key, value, older: ring, newer: ring };
      makeNewest(entry);
      entries.set(key, entry);
      bytes += size;
      while (bytes > limitBytes) remove(ring.newer.key);
    },

    remove,

    clear() {
      entries.clear();
      ring.older = ring;
      ring.newer = ring;
      bytes = 0;
    },

    get entries() {
      return entries.size;
    },

    get bytes() {
      return bytes;
    },
  };
}
