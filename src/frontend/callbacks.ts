import { guardLogger, tell } from '../shared/callbacks.js';
import type { Logger } from '../shared/errors/gate.js';
import type { FrontendOptions, ImageLoadInfo } from './config.js';

/**
 * The options with all functions of the application made harmless that it has on the side: what they throw, or reject
 * with, keeps no picture from showing and goes uncaught nowhere. Those that pictures depend on (`fetch`,
 * `refreshRecords`, a custom fetcher) are asked where their failure is the failure of a call.
 */
export function guardCallbacks(options: FrontendOptions): FrontendOptions {
  const logger = guardLogger(options.logger);
  const { onImageLoad } = options;
  return {
    ...options,
    logger,
    now: guardNumber(options.now, () => performance.timeOrigin + performance.now()),
    random: guardNumber(options.random, Math.random),
    ...(onImageLoad && {
      onImageLoad: (info: ImageLoadInfo) => tell(() => onImageLoad(info), logFailure('onImageLoad', logger)),
    }),
  };
}

/** What gives no number is done without. */
function guardNumber(ask: () => number, instead: () => number): () => number {
  return () => {
    try {
      const answer = ask();
      if (Number.isFinite(answer)) return answer;
      tell(() => answer); // an asynchronous function, which may fail later
    } catch {
      // As if it were not there.
    }
    return instead();
  };
}

/** Makes what logs the failure of a function of the application. */
export function logFailure(name: string, logger: Logger): (error: unknown) => void {
  return (error) => logger.error(`[pixstore] ${name} threw ${nameOf(error)}`);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
