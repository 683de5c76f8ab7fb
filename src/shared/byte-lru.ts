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
  readonly bytes: number;
  readonly entries: number;
}

export function createByteLru<Value>(limitBytes: number, sizeOf: (value: Value) => number): ByteLru<Value> {
  // A Map iterates in the order of insertion, so the first one is the least recently used.
  const values = new Map<string, Value>();
  let bytes = 0;

  function remove(key: string): boolean {
    const value = values.get(key);
    if (value === undefined) return false;
    bytes -= sizeOf(value);
    return values.delete(key);
  }

  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },

    peek: (key) => values.get(key),

    put(key, value) {
      remove(key);
      const size = sizeOf(value);
      if (size > limitBytes) return;
      values.set(key, value);
      bytes += size;
      for (const oldest of values.keys()) {
        if (bytes <= limitBytes) break;
        remove(oldest);
      }
    },

    remove,

    clear() {
      values.clear();
      bytes = 0;
    },

    get bytes() {
      return bytes;
    },

    get entries() {
      return values.size;
    },
  };
}
