/** How much of bodies may be held that are not whole yet, or still worked on. */
export interface ReadingLimits {
  bodies: number;
  /** Of what has arrived of them. */
  bytes: number;
}

/** A body that is being read. */
export interface Reading {
  /** So much more of it has arrived. */
  add(bytes: number): void;
  /** It is whole, and worked on: counted as before, and not given up any more. */
  keep(): void;
  /** Nothing of it is held any more. */
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
  const held = new Set<Entry>(); // those, and bodies that are whole
  let bytes = 0;

  function leave(entry: Entry): void {
    const own = clients.get(entry.client);
    own?.delete(entry);
    if (own?.size === 0) clients.delete(entry.client);
  }

  function remove(entry: Entry): void {
    if (!held.delete(entry)) return;
    leave(entry);
    bytes -= entry.bytes;
  }

  /** @returns false when all are whole */
  function giveUpOne(): boolean {
    let most = new Set<Entry>();
    for (const own of clients.values()) if (own.size > most.size) most = own;
    const [oldest] = most;
    if (!oldest) return false;
    remove(oldest);
    oldest.giveUp();
    return true;
  }

  return {
    /** @param giveUp - is called when its room is needed */
    begin(client: string, giveUp: () => void): Reading {
      if (held.size >= limits.bodies) giveUpOne();
      const entry: Entry = { client, bytes: 0, giveUp };
      clients.set(client, (clients.get(client) ?? new Set()).add(entry));
      held.add(entry);
      return {
        add(more) {
          if (!held.has(entry)) return;
          entry.bytes += more;
          bytes += more;
          while (bytes > limits.bytes && held.size > 1 && giveUpOne());
        },
        keep: () => leave(entry),
        end: () => remove(entry),
      };
    },

    load: (): Readonly<ReadingLimits> => ({ bodies: held.size, bytes }),
  };
}
