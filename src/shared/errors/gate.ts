import type { ErrorHandlingMode } from '../../types/index.js';
import { tell } from '../callbacks.js';
import { customErrorHandler, rememberError } from './last-error.js';

/** Where lines go that a person should see. `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * Treats what a public function threw as the error mode says.
 *
 * @param describe - what a line in the log says of an error that is not pixstore's
 */
export function handleError(
  error: unknown,
  { errorHandlingMode: mode, logger }: { errorHandlingMode: ErrorHandlingMode; logger: Logger },
  describe: (error: unknown) => string,
): null {
  const known = rememberError(error);
  const handler = mode === 'custom' && customErrorHandler();
  if (handler) handler(error);
  else if (mode === 'warn' || (mode === 'hybrid' && known)) {
    const text = known ? `${error.code}: ${error.message}` : `unexpected ${describe(error)}`;
    logger.error(`[pixstore] ${text}`);
  } else if (mode !== 'silent') throw error;
  return null;
}

/**
 * Errors of others may name files: only the last part of a path is fit for a log. In quotes it may have blanks. Each match
 * begins at a slash, so that a long text without any takes no time.
 */
function withoutFolders(error: unknown): string {
  const text = String(error);
  return text.replace(/(['"`])(\w:)?[\\/]([^'"`]*[\\/])?/g, '$1').replace(/(\w:)?[\\/]([^\s'"`;,()]*[\\/])?/g, '');
}

/** Runs public functions and treats what they throw as the error mode says. */
export interface ErrorGate {
  run<Result>(work: () => Result): Result | null;
  runAsync<Result>(work: () => Promise<Result>): Promise<Result | null>;
}

export function createErrorGate(mode: ErrorHandlingMode, logger: Logger): ErrorGate {
  const handle = (error: unknown): null => {
    const handler = customErrorHandler();
    if (mode !== 'custom' || !handler) return handleError(error, { errorHandlingMode: mode, logger }, withoutFolders);
    rememberError(error);
    // What the handler throws is passed on. What it rejects with comes when nobody waits for it any more.
    const handled: unknown = handler(error);
    tell(
      () => handled,
      (failure) => logger.error(`[pixstore] the custom error handler failed: ${(failure as Error)?.name}`),
    );
    return null;
  };
  return {
    run(work) {
      try {
        return work();
      } catch (error) {
        return handle(error);
      }
    },
    async runAsync(work) {
      try {
        return await work();
      } catch (error) {
        return handle(error);
      }
    },
  };
}

/** For what fails loudly in every mode, because no instance says which: init, and calls before it. */
export function alwaysThrowing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    rememberError(error);
    throw error;
  }
}
