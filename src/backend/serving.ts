import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { BackendOptions } from './config.js';
import { publishServed } from './diagnostics.js';
import { createAnswer } from './endpoint/answer.js';
import { createEndpoint, type Endpoint } from './endpoint/endpoint.js';
import { createHotReads } from './images/hot-reads.js';
import type { Proofs } from './keys/proofs.js';
import type { StoreKeys } from './keys/store-keys.js';
import { metricsText } from './metrics.js';
import type { BackendStats } from './public-api.js';
import type { ImageStore } from './storage/port.js';
import { readHealth } from './upkeep.js';

// What answers on their way may hold in memory: four times what is kept for hot images.
const maxAnswerBytes = 256 * 1024 * 1024;

export interface Serving {
  endpoint: Endpoint;
  memoryCache(): BackendStats['memoryCache'];
}

/** Everything between the store and the doors. @param proofs - null when they are switched off */
export function createServing(
  options: BackendOptions,
  store: ImageStore,
  keys: StoreKeys,
  proofs: Proofs | null,
  readStats: () => Promise<BackendStats>,
): Serving {
  const { logger } = options;
  // A quarter of the room stays for those whose pictures are in memory, however slow the store is.
  const readsAtOnce = Math.max(1, Math.floor((options.maxConcurrentAnswers * 3) / 4));
  const hotReads = createHotReads(store, options.memoryCacheBytes, readsAtOnce);
  const endpoint = createEndpoint({
    answer: createAnswer({ read: hotReads.read, keys, proofs }),
    accessControlAllowOrigin: options.accessControlAllowOrigin,
    acceptProofsInQuery: options.acceptProofsInQuery,
    loadLimits: { answers: options.maxConcurrentAnswers, bytes: maxAnswerBytes },
    rateLimit: options.rateLimit && { onError: 'closed', ...options.rateLimit },
    now: options.now,
    checkHealth: () => readHealth(store, keys),
    metrics: options.metrics ? async () => metricsText(await readStats()) : null,
    onServed: publishServed,
    onError: (error) => logger.error(`[pixstore] an image request failed: ${messageOf(error)}`),
  });
  return { endpoint, memoryCache: hotReads.stats };
}

/** Errors that are not ours may name paths: of those, only the kind is told. */
function messageOf(error: unknown): string {
  return error instanceof PixstoreError ? `${error.code}: ${error.message}` : `${(error as Error)?.name}`;
}
