import { performance } from 'node:perf_hooks';

/** How much may be on its way to clients at once. */
export interface LoadLimits {
  answers: number;
  /** Bytes held in memory for them. */
  bytes: number;
}

/** One of the answers that may be under way, from the moment a request is read to the end of its answer. */
export interface Slot {
  /** Says what the answer holds in memory. False when that is too much, or it was released: then it must not be sent. */
  hold(bytes: number): boolean;
  /** The answer is on its way, and does not go out at once. When others need its slot, `end` is called. False when it was released. */
  send(end: () => void): boolean;
  /** The client has taken a part of the answer. */
  move(): void;
  /** To be called when the answer was sent, or nobody waits for it any more. False when it was called before. */
  release(): boolean;
}

// So many times as many answers as are free may be one client's: alone it gets seven eighths of all slots, and whoever
// comes next finds some.
const shareOfFree = 7;

// An answer of which nothing was taken for so long is ended when its slot is needed.
const standstill = 5_000; // ms

interface Entry {
  client: string | undefined;
  held: number;
  movedAt: number;
  end: () => void;
  release(): boolean;
}

/**
 * Bounds what clients that read slowly, or never, can make the process hold. When all slots are taken, the answer that has
 * stood still longest gives up its own.
 *
 * @param now - in ms
 */
export function createLoadLimit(limits: LoadLimits, now: () => number = performance.now.bind(performance)) {
  const load = { answers: 0, bytes: 0 };
  const sending = createQueues();
  const countOf = new Map<string, number>();

  function count(client: string | undefined, by: 1 | -1): void {
    load.answers += by;
    if (client === undefined) return;
    const left = (countOf.get(client) ?? 0) + by;
    if (left > 0) countOf.set(client, left);
    else countOf.delete(client);
  }

  const isFull = () => load.answers >= limits.answers;

  /** Has this client so much that it must leave the rest to others? */
  function hasItsShare(client: string | undefined): boolean {
    const own = (client === undefined ? undefined : countOf.get(client)) ?? 0;
    return own > 0 && own >= shareOfFree * (limits.answers - load.answers - 1);
  }

  /** @returns whether there was an answer that stands still, of this client if one is named */
  function endOne(client?: string): boolean {
    const longest = sending.first(client);
    if (!longest || now() - longest.movedAt < standstill) return false;
    longest.release();
    longest.end();
    return true;
  }

  function findSlot(client: string | undefined): boolean {
    if (isFull() && !endOne()) return false;
    return !hasItsShare(client) || endOne(client);
  }

  return {
    /**
     * @param client - undefined when it is not known; then it has no share
     * @returns null when all are taken
     */
    take(client?: string): Slot | null {
      if (!findSlot(client)) return null;
      count(client, 1);
      let isHeld = true;
      const entry: Entry = {
        client,
        held: 0,
        movedAt: 0,
        end() {},
        release() {
          if (!isHeld) return false;
          isHeld = false;
          sending.remove(entry);
          count(client, -1);
          load.bytes -= entry.held;
          return true;
        },
      };
      return {
        hold(bytes) {
          if (!isHeld) return false;
          while (load.bytes > 0 && load.bytes + bytes > limits.bytes) if (!endOne()) return false; // one always fits
          entry.held = bytes;
          load.bytes += bytes;
          return true;
        },
        send(end) {
          if (!isHeld) return false;
          entry.end = end;
          entry.movedAt = now();
          sending.add(entry);
          return true;
        },
        move() {
          if (!isHeld) return;
          entry.movedAt = now();
          sending.add(entry);
        },
        release: entry.release,
      };
    },

    load: (): Readonly<LoadLimits> => ({ ...load }),
  };
}

/** Entries in the order in which they were added last: all of them, and those of each client. */
function createQueues() {
  const all = new Set<Entry>();
  const ofClient = new Map<string, Set<Entry>>();

  function remove(entry: Entry): void {
    all.delete(entry);
    if (entry.client === undefined) return;
    const own = ofClient.get(entry.client);
    own?.delete(entry);
    if (own?.size === 0) ofClient.delete(entry.client);
  }

  return {
    /** Whoever is there already goes to the end. */
    add(entry: Entry): void {
      remove(entry);
      all.add(entry);
      if (entry.client === undefined) return;
      const own = ofClient.get(entry.client) ?? new Set();
      ofClient.set(entry.client, own.add(entry));
    },
    remove,
    first(client: string | undefined): Entry | undefined {
      const [first] = client === undefined ? all : (ofClient.get(client) ?? []);
      return first;
    },
  };
}
