import { guardLogger } from '../../shared/callbacks.js';
import { checkedClock } from '../../shared/clock.js';
import type { Logger } from '../../shared/errors/gate.js';
import type { ImageStore } from '../port.js';
import { assembleStore } from './assemble-store.js';
import type { BlobStore } from './blob-store.js';
import { createMarkedIdentity, notAdopted } from './marked-identity.js';
import { createPrefixedBlobs } from './prefixed-blobs.js';
import type { RowStore } from './row-store.js';
import { asSplitError } from './split-errors.js';

export interface SplitStoreOptions {
  /**
   * How long a writer may go on before it begins anew, in ms. What one that died left over is swept once it began twice
   * as long ago. Default: 1 hour.
   */
  sweepAge?: number | undefined;
  /** ms since 1970. Default: `Date.now`. */
  now?: (() => number) | undefined;
  /** Default: `console`. */
  logger?: Logger | undefined;
}

// A write that was reported as failed may be done after all, but not later than this.
const lateness = 3_600_000; // ms

/**
 * Makes a store of a database for rows and a place for blobs. It says in which order both are written, removed, swept and
 * checked, so that a crash at any moment leaves every image whole, and any number of processes may share them.
 *
 * Nothing is opened before the first call; one that fails is tried again by the next.
 *
 * @example
 * const store = splitStore(myRows, myBlobs);
 * const backend = createPixstoreBackend({ store, masterKey });
 */
export function splitStore(rows: RowStore, blobs: BlobStore, options: SplitStoreOptions = {}): ImageStore {
  const now = checkedClock(options.now ?? Date.now);
  const logger = guardLogger(options.logger ?? console, console);
  const sweepAge = options.sweepAge ?? 3_600_000;
  const storeBlobs = createPrefixedBlobs({
    blobs,
    storeId: () => identity.storeId(),
    now,
    keptFor: sweepAge + lateness,
  });
  const { identity, open } = createMarkedIdentity({
    rows,
    blobs,
    storeBlobs,
    now,
    onDoubt: () => logger.warn(`[pixstore] ${notAdopted}`),
  });
  return assembleStore({
    rows,
    blobs: storeBlobs,
    identity,
    asError: asSplitError,
    open,
    sweepAge,
    now,
    logger,
    async close() {
      try {
        await rows.close();
      } finally {
        await blobs.close?.();
      }
    },
  });
}
