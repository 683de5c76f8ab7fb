import type { ImageStore } from '../port.js';
import { splitStore } from '../split/split-store.js';
import { createMemoryBlobs } from './memory-blobs.js';
import { createMemoryRows } from './memory-rows.js';

/**
 * Keeps images in this process's memory, for tests and throw-away data.
 *
 * @example
 * const backend = createPixstoreBackend({ store: createMemoryStore(), masterKey });
 */
export function createMemoryStore(): ImageStore {
  return splitStore(createMemoryRows(), createMemoryBlobs());
}
