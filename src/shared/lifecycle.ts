import type { PixstoreError } from './errors/pixstore-error.js';

/** Open, then closed: what is under way ends first, and what comes later is refused. */
export interface Lifecycle {
  /** @throws the closed error, once `close` was called */
  requireOpen(): void;
  /** Starts work at once; `close` waits for it. Rejects with the closed error when it comes too late. */
  track<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Runs `release` when the last tracked work has ended. Later calls get the same promise. */
  close(release: () => void | Promise<void>): Promise<void>;
}

export function createLifecycle(closedError: () => PixstoreError): Lifecycle {
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  function requireOpen(): void {
    if (closing) throw closedError();
  }

  return {
    requireOpen,

    async track(work) {
      requireOpen();
      const running = work();
      underWay.add(running);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    },

    close(release) {
      closing ??= Promise.allSettled(underWay).then(release);
      return closing;
    },
  };
}
