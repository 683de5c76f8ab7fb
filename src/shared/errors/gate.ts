import type { ErrorHandlingMode } from '../../types/index.js';
import { getCustomErrorHandler, rememberError } from './last-error.js';
import { PixstoreError } from './pixstore-error.js';

/** Where lines go that a person should see. `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Runs public functions and treats what they throw as the error mode says. */
export interface ErrorGate {
  run<Result>(work: () => Result): Result | null;
  runAsync<Result>(work: () => Promise<Result>): Promise<Result | null>;
}

export function createErrorGate(mode: ErrorHandlingMode, logger: Logger): ErrorGate {
  function handle(error: unknown): null {
    const known = error instanceof PixstoreError;
    if (known) rememberError(error);
    if (mode === 'silent') return null;
    if (mode === 'warn' || (mode === 'hybrid' && known)) {
      logger.error(describe(error));
      return null;
    }
    const handler = mode === 'custom' ? getCustomErrorHandler() : undefined;
    if (!handler) throw error;
    handler(error);
    return null;
  }

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
    if (error instanceof PixstoreError) rememberError(error);
    throw error;
  }
}

// Errors of others may name files: only the last part of a path is fit for a log.
const absolutePath = /(?:[A-Za-z]:)?(?:[\\/][^\\/\s'"`:;,()]+)+/g;

function describe(error: unknown): string {
  if (error instanceof PixstoreError) return `[pixstore] ${error.code}: ${error.message}`;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `[pixstore] unexpected ${text.replace(absolutePath, (path) => path.slice(path.search(/[^\\/]*$/)))}`;
}
