import { guardLogger, tell } from '../../shared/callbacks.js';
import type { Logger } from '../../shared/errors/gate.js';
import type { ImageLoadInfo } from '../loading/load-info.js';
import { type FrontendOptions, wallClock } from './config.js';

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
    now: guardNumber(options.now, wallClock),
    random: guardNumber(options.random, Math.random),
    ...(onImageLoad && {
      onImageLoad: (info: ImageLoadInfo) => tell(() => onImageLoad(info), logFailure('onImageLoad', logger)),
    }),
  };
}

/** What gives no number is done without. */
function guardNumber(ask: () => number, instead: () => number): () => number {
  return () => {
    let answer = Number.NaN;
    tell(() => {
      answer = ask();
      return answer; // where it is a promise, it may fail later
    });
    return Number.isFinite(answer) ? answer : instead();
  };
}

/** Makes what logs the failure of a function of the application. */
export function logFailure(name: string, logger: Logger): (error: unknown) => void {
  return (error) => logger.error(`[pixstore] ${name} threw ${nameOf(error)}`);
}

/** What a log may say of an error of others. A browser has no files whose folders it could name. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
