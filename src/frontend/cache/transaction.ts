import type { Database, StoreName, WriteTransaction } from './schema.js';

/**
 * Runs `work` in one write transaction and resolves when that is complete. When it fails, the transaction's own error
 * (such as QuotaExceededError) goes before that of the request which it broke.
 */
export async function writeAtomically<Result>(
  database: Database,
  stores: StoreName[],
  work: (transaction: WriteTransaction) => Promise<Result>,
): Promise<Result> {
  // relaxed: a cache need not survive a power cut, and the disk is spared a sync per image.
  const transaction = database.transaction(stores, 'readwrite', { durability: 'relaxed' });
  const done = transaction.done.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  let result: Result;
  try {
    result = await work(transaction);
  } catch (error) {
    throw (await done)?.error ?? error;
  }
  const failure = await done;
  if (failure) throw failure.error;
  return result;
}

export function isQuotaError(error: unknown): boolean {
  return nameOf(error) === 'QuotaExceededError';
}

/** The connection went away under the transaction; the database itself may be sound. */
export function isConnectionError(error: unknown): boolean {
  return ['InvalidStateError', 'AbortError'].includes(nameOf(error));
}

/** The browser gives this page no storage: it is sandboxed, or its user does not want it. */
export function isForbidden(error: unknown): boolean {
  return nameOf(error) === 'SecurityError';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
