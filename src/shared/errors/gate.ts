import type { ErrorHandlingMode } from '../../types/index.js';
import { customErrorHandler, rememberError } from './last-error.js';

/** Where lines go that a person should see. `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Treats what a public function threw as the error mode says. */
export function handleError(
  error: unknown,
  { errorHandlingMode: mode, logger }: { errorHandlingMode: ErrorHandlingMode; logger: Logger },
): null {
  const known = rememberError(error);
  if (mode === 'custom' && customErrorHandler) customErrorHandler(error);
  else if (mode === 'warn' || (mode === 'hybrid' && known)) {
    // Errors of others may name files: only the last part of a path is fit for a log. Each match begins at a slash, so
    // that a long text without any takes no time.
    const text = known
      ? `${error.code}: ${error.message}`
      : `unexpected ${String(error).replace(/(\w:)?[\\/]([^\s'"`;,()]*[\\/])?/g, '')}`;
    logger.error(`[pixstore] ${text}`);
  } else if (mode !== 'silent') throw error;
  return null;
}

/** Runs public functions and treats what they throw as the error mode says. */
export interface ErrorGate {
  run<Result>(work: () => Result): Result | null;
  runAsync<Result>(work: () => Promise<Result>): Promise<Result | null>;
}

export function createErrorGate(mode: ErrorHandlingMode, logger: Logger): ErrorGate {
  const handle = (error: unknown) => handleError(error, { errorHandlingMode: mode, logger });
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
