import * as gate from '../../shared/errors/gate.js';
import * as lastError from '../../shared/errors/last-error.js';
import type { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { processState } from './process-state.js';

// Of the whole process, whichever copy of this module is asked. Functions of their own, since a bundler would lead past
// this module to the others if they were only exported again.

/** See {@link lastError.getLastPixstoreError}. */
export function getLastPixstoreError(): PixstoreError | null {
  processState();
  return lastError.getLastPixstoreError();
}

/** See {@link lastError.setCustomErrorHandler}. */
export function setCustomErrorHandler(handler: ((error: unknown) => void) | undefined): void {
  processState();
  lastError.setCustomErrorHandler(handler);
}

/** See {@link gate.alwaysThrowing}. */
export function alwaysThrowing<Result>(work: () => Result): Result {
  processState();
  return gate.alwaysThrowing(work);
}
