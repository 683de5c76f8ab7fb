/** Keeps values up to a number of bytes: those that are asked for most. A walk through more than that does not empty it. */
export interface HotCache<Value> {
  /** Counts as a use. */
  get(key: string): Value | undefined;
  /** Takes the place of what was kept under the key. A value above the limit is not kept at all. */
  put(key: string, value: Value): void;
  remove(key: string): boolean;
  readonly entries: number;
  readonly bytes: number;
}

interface Entry<Value> {
  key: string;
  value: Value;
  /** Since it came, or the hand last passed it. */
  isUsed: boolean;
  /** How often values had been asked for when it came. */
  came: number;
}

// So many of those that came last are known. A larger one takes the place of several.
const knownAsLatest = 100;

/**
 * Goes by SIEVE: a hand moves from the oldest to the newest, over and over. What was used since it last passed stays, and
 * what was not goes. So what is used once makes room for itself, and not for others.
 *
 * Where more is walked through again and again than there is room for, that alone would let everything go just before it
 * is asked for. It shows when something comes back that had to go, and since it came more was asked for than there is room
 * for; that takes the place of what came last. What comes back sooner is asked for now: of a few such there would else be
 * none, since each would push out the one before. Figures are in docs/decisions/0037-hot-cache.md.
 */
export function createHotCache<Value>(limitBytes: number, sizeOf: (value: Value) => number): HotCache<Value> {
  const entries = new Map<string, Entry<Value>>();
  const gone = new Map<string, number>(); // and when each had come
  let latest: Entry<Value>[] = []; // in order; some are not kept any more
  let hand = entries.values();
  let bytes = 0;
  let asked = 0;

  function remove(key: string): boolean {
    const entry = entries.get(key);
    if (entry) bytes -= sizeOf(entry.value);
    return entries.delete(key);
  }

  function latestUnused(): Entry<Value> | undefined {
    for (let entry = latest.pop(); entry; entry = latest.pop()) {
      if (!entry.isUsed && entries.get(entry.key) === entry) return entry;
    }
    return undefined;
  }

  /** There must be an entry. */
  function nextUnused(): Entry<Value> {
    for (;;) {
      const entry: Entry<Value> | undefined = hand.next().value;
      if (!entry) hand = entries.values();
      else if (!entry.isUsed) return entry;
      else entry.isUsed = false;
    }
  }

  return {
    get(key) {
      asked += 1;
      const entry = entries.get(key);
      if (entry) entry.isUsed = true;
      return entry?.value;
    },

    put(key, value) {
      remove(key);
      const size = sizeOf(value);
      if (size > limitBytes) return;
      const came = gone.get(key);
      gone.delete(key);
      const isOfWalk = came !== undefined && asked - came > entries.size;
      while (bytes + size > limitBytes) {
        const goes = (isOfWalk && latestUnused()) || nextUnused();
        remove(goes.key);
        gone.set(goes.key, goes.came);
      }
      const entry = { key, value, isUsed: false, came: asked };
      entries.set(key, entry);
      bytes += size;
      latest.push(entry);
      if (latest.length >= 2 * knownAsLatest) latest = latest.slice(knownAsLatest);
      if (gone.size > 2 * entries.size) gone.clear();
    },

    remove,

    get entries() {
      return entries.size;
    },

    get bytes() {
      return bytes;
    },
  };
}
