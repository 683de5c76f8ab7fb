/** How much of bodies that are not whole yet may be held. */
export interface ReadingLimits {
  bodies: number;
  /** Of what has arrived of them. */
  bytes: number;
}

/** A body that is being read. */
export interface Reading {
  /** So much more of it has arrived. */
  add(bytes: number): void;
  /** It is whole, or given up. */
  end(): void;
}

interface Entry {
  client: string;
  bytes: number;
  giveUp(): void;
}

/**
 * Bounds what bodies that never come to an end can make the process hold. Nobody is turned away: when there is no room,
 * the client with the most unfinished bodies loses its oldest one. A body that comes as fast as it can is whole long
 * before that, so strangers cannot keep others from sending theirs.
 */
export function createReadingLimit(limits: ReadingLimits) {
  const clients = new Map<string, Set<Entry>>(); // with their bodies, the oldest first
  let bodies = 0;
  let bytes = 0;

  function remove(entry: Entry): void {
    const own = clients.get(entry.client);
    if (!own?.delete(entry)) return;
    if (own.size === 0) clients.delete(entry.client);
    bodies -= 1;
    bytes -= entry.bytes;
  }

  function giveUpOne(): void {
    let most = new Set<Entry>();
    for (const own of clients.values()) if (own.size > most.size) most = own;
    const [oldest] = most;
    if (!oldest) return;
    remove(oldest);
    oldest.giveUp();
  }

  return {
    /** @param giveUp - is called when its room is needed */
    begin(client: string, giveUp: () => void): Reading {
      if (bodies >= limits.bodies) giveUpOne();
      const entry: Entry = { client, bytes: 0, giveUp };
      clients.set(client, (clients.get(client) ?? new Set()).add(entry));
      bodies += 1;
      return {
        add(more) {
          if (!clients.get(client)?.has(entry)) return;
          entry.bytes += more;
          bytes += more;
          while (bytes > limits.bytes && bodies > 1) giveUpOne();
        },
        end: () => remove(entry),
      };
    },

    load: (): Readonly<ReadingLimits> => ({ bodies, bytes }),
  };
}
