import type { PixstoreError } from './pixstore-error.js';

let lastError: PixstoreError | null = null;
let customHandler: ((error: unknown) => void) | undefined;

/**
 * The last error that pixstore raised in this realm, in whatever error mode, or null. It tells what went wrong after a
 * call returned null.
 *
 * @example
 * const blob = await getImage(record);
 * if (!blob && getLastPixstoreError()?.code === 'PROOF_INVALID') await reloadRecords();
 */
export function getLastPixstoreError(): PixstoreError | null {
  return lastError;
}

export function rememberError(error: PixstoreError): void {
  lastError = error;
}

/**
 * Sets what the error mode `custom` calls, with whatever was thrown. The call that failed then returns null; what the
 * handler throws is passed on.
 *
 * @example
 * setCustomErrorHandler((error) => Sentry.captureException(error));
 */
export function setCustomErrorHandler(handler: ((error: unknown) => void) | undefined): void {
  customHandler = handler;
}

export function getCustomErrorHandler(): ((error: unknown) => void) | undefined {
  return customHandler;
}
