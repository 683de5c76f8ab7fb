import type { Database, StoreName, Transaction } from './schema.js';

/**
 * Runs `work` in one transaction and resolves when that is complete. When it fails, the transaction's own error (such
 * as QuotaExceededError) goes before that of the request which it broke. idb's shortcuts (`database.get()`) would leave
 * the transaction's error uncaught.
 */
export async function transact<Mode extends 'readonly' | 'readwrite', Result>(
  database: Database,
  mode: Mode,
  stores: StoreName[],
  work: (transaction: Transaction<Mode>) => Promise<Result>,
): Promise<Result> {
  // relaxed: a cache need not survive a power cut, and the disk is spared a sync per image.
  const transaction = database.transaction(stores, mode, { durability: 'relaxed' });
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

/** The browser gives this page no storage: it is sandboxed, or its user does not want it. */
export function isForbidden(error: unknown): boolean {
  return nameOf(error) === 'SecurityError';
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
