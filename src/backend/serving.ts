import { PixstoreError } from '../shared/errors/pixstore-error.js';
import { andThen } from '../shared/maybe-promise.js';
import type { BackendOptions } from './config.js';
import { publishServed } from './diagnostics.js';
import { type AnswerImage, createAnswer } from './endpoint/answer.js';
import { createEndpoint, type Endpoint } from './endpoint/endpoint.js';
import { createHotReads, type HotReads } from './images/hot-reads.js';
import { metricsText } from './metrics.js';
import type { Opened, Opening } from './opening.js';
import type { BackendStats } from './public-api.js';
import { readHealth } from './upkeep.js';

// What answers on their way may hold in memory: four times what is kept for hot images.
const maxAnswerBytes = 256 * 1024 * 1024;

export interface Serving {
  endpoint: Endpoint;
  memoryCache(): BackendStats['memoryCache'];
}

/** Everything between the store and the doors. The backend is opened by the first request, if nothing else did. */
export function createServing(
  options: BackendOptions,
  opening: Opening,
  readStats: () => Promise<BackendStats>,
): Serving {
  const { logger } = options;
  const hasProofs = options.statelessKeyWindowLength !== -1;
  // A quarter of the room stays for those whose pictures are in memory, however slow the store is.
  const readsAtOnce = Math.max(1, Math.floor((options.maxConcurrentAnswers * 3) / 4));
  let reading: { hotReads: HotReads; answer: AnswerImage } | undefined;

  function startReading({ store, keys, proofs }: Opened): { hotReads: HotReads; answer: AnswerImage } {
    const hotReads = createHotReads(store, options.memoryCacheBytes, readsAtOnce);
    return { hotReads, answer: createAnswer({ read: hotReads.read, keys, proofs: hasProofs ? proofs : null }) };
  }

  const answer: AnswerImage = (request) => {
    if (reading) return reading.answer(request);
    return andThen(opening.get(), (opened) => {
      reading ??= startReading(opened);
      return reading.answer(request);
    });
  };

  const endpoint = createEndpoint({
    answer,
    accessControlAllowOrigin: options.accessControlAllowOrigin,
    acceptProofsInQuery: options.acceptProofsInQuery,
    loadLimits: { answers: options.maxConcurrentAnswers, bytes: maxAnswerBytes },
    rateLimit: options.rateLimit && { onError: 'closed', ...options.rateLimit },
    now: options.now,
    checkHealth: async () => readHealth(await opening.get()),
    metrics: options.metrics ? async () => metricsText(await readStats()) : null,
    onServed: publishServed,
    onError: (error) => logger.error(`[pixstore] an image request failed: ${messageOf(error)}`),
  });
  const nothingRead = { hits: 0, misses: 0, bytes: 0 };
  return { endpoint, memoryCache: () => reading?.hotReads.stats() ?? nothingRead };
}

/** Errors that are not ours may name paths: of those, only the kind is told. */
function messageOf(error: unknown): string {
  return error instanceof PixstoreError ? `${error.code}: ${error.message}` : `${(error as Error)?.name}`;
}
