import { PixstoreError } from './pixstore-error.js';

let lastError: PixstoreError | null = null;
/** What the error mode `custom` calls, if it was set. */
export let customErrorHandler: ((error: unknown) => void) | undefined;

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

/** After a logout: what caused an error may name what nobody is to know of any more. */
export function forgetLastError(): void {
  lastError = null;
}

/** Says whether it is one of ours; another is not remembered. */
export function rememberError(error: unknown): error is PixstoreError {
  const isOurs = error instanceof PixstoreError;
  if (isOurs) lastError = error;
  return isOurs;
}

/**
 * Sets what the error mode `custom` calls, with whatever was thrown. The call that failed then returns null; what the
 * handler throws is passed on; on the server, what an asynchronous one rejects with is logged.
 *
 * @example
 * setCustomErrorHandler((error) => Sentry.captureException(error));
 */
export function setCustomErrorHandler(handler: ((error: unknown) => void) | undefined): void {
  customErrorHandler = handler;
}
