import { performance } from 'node:perf_hooks';

/** An answer on its way, as its server tells of it. */
export interface Paced {
  /** The client has taken so many bytes more. */
  took(bytes: number): void;
  /** It is ours to go on: what we wait for is not held against the client. */
  pause(): void;
  /** It is the client's to take what we have given. */
  resume(): void;
  /** It has ended. */
  stop(): void;
}

/** Ends answers that are taken too slowly. */
export interface Pace {
  /**
   * @param connection - what the answer goes over; answers that share one share its speed, too
   * @param end - is called when it is too slow
   * @param inOneGo - bytes that were handed over at once: nothing is heard of them until all have been taken
   */
  watch(connection: object, end: () => void, inOneGo?: number): Paced;
  /** Looks at all connections. Called by itself while there is one. */
  check(): void;
}

// What a connection must take on average while an answer is on its way over it: less than the slowest that people have.
const leastRate = 4 * 1024; // bytes a second

const longestInterval = 1_000; // ms

interface Line {
  ends: Set<() => void>;
  /** Answers of which the client has not taken what we have given. */
  owing: number;
  checkedAt: number;
  /** ms that it may be slow at most. */
  allowance: number;
  /** ms that it may still be slow. Every byte buys some, and nobody saves up more than he is allowed. */
  credit: number;
}

/**
 * A client that reads a little now and then looks busy and holds its slot for ever; so what counts is how much it takes
 * over the whole time. What systems and proxies buffer makes a fast beginning, hence the bound on what can be saved up.
 *
 * @param patience - ms that a connection may take less than {@link leastRate}
 * @param now - in ms
 */
export function createPace(patience: number, now: () => number = performance.now.bind(performance)): Pace {
  const lines = new Map<object, Line>();
  const interval = Math.min(longestInterval, Math.ceil(patience / 4));
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    // Not when the last one goes: on most connections that is a moment after the first has come.
    if (lines.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    for (const line of lines.values()) {
      settle(line);
      if (line.credit <= 0) for (const end of [...line.ends]) end();
    }
  }

  /** Charges the time since the last look, if it was the client's. */
  function settle(line: Line): void {
    const elapsed = now() - line.checkedAt;
    line.checkedAt += elapsed;
    line.credit = Math.min(line.allowance, line.credit);
    if (line.owing > 0) line.credit -= elapsed;
  }

  function lineOf(connection: object): Line {
    let line = lines.get(connection);
    if (!line) {
      line = { ends: new Set(), owing: 0, checkedAt: now(), allowance: patience, credit: patience };
      timer ??= setInterval(check, interval).unref();
      lines.set(connection, line);
    }
    return line;
  }

  return {
    watch(connection, end, inOneGo = 0) {
      const line = lineOf(connection);
      const unheard = timeFor(inOneGo);
      let isOwing = false;
      const owe = (owes: boolean) => {
        if (owes === isOwing) return;
        settle(line);
        isOwing = owes;
        line.owing += owes ? 1 : -1;
      };
      owe(true);
      line.ends.add(end);
      line.allowance += unheard;
      line.credit += unheard;
      return {
        took(bytes) {
          line.credit += timeFor(bytes);
        },
        pause: () => owe(false),
        resume: () => owe(true),
        stop() {
          owe(false);
          line.ends.delete(end);
          line.allowance -= unheard;
          if (line.ends.size === 0 && lines.get(connection) === line) lines.delete(connection);
        },
      };
    },
    check,
  };
}

/** ms that so many bytes take at the least rate. */
function timeFor(bytes: number): number {
  return (bytes / leastRate) * 1000;
}
