import { PixstoreError } from './pixstore-error.js';

/** What is remembered of errors, by all instances together. */
export interface ErrorMemory {
  lastError: PixstoreError | null;
  /** What the error mode `custom` calls, if it was set. */
  customErrorHandler: ((error: unknown) => void) | undefined;
}

let memory: ErrorMemory = { lastError: null, customErrorHandler: undefined };

/**
 * For backends: from now on this copy of the module shares a memory with others. What it knows already goes along, as far
 * as the others know nothing.
 */
export function shareErrorMemory(shared: ErrorMemory): void {
  if (memory === shared) return;
  shared.lastError ??= memory.lastError;
  shared.customErrorHandler ??= memory.customErrorHandler;
  memory = shared;
}

/**
 * The last error that pixstore raised in this realm, in whatever error mode, or null. It tells what went wrong after a
 * call returned null.
 *
 * @example
 * const blob = await getImage(record);
 * if (!blob && getLastPixstoreError()?.code === 'PROOF_INVALID') await reloadRecords();
 */
export function getLastPixstoreError(): PixstoreError | null {
  return memory.lastError;
}

/** After a logout: what caused an error may name what nobody is to know of any more. */
export function forgetLastError(): void {
  memory.lastError = null;
}

/** Says whether it is one of ours; another is not remembered. */
export function rememberError(error: unknown): error is PixstoreError {
  const isOurs = error instanceof PixstoreError;
  if (isOurs) memory.lastError = error;
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
  memory.customErrorHandler = handler;
}

/** What the error mode `custom` calls, if it was set. */
export function customErrorHandler(): ErrorMemory['customErrorHandler'] {
  return memory.customErrorHandler;
}
