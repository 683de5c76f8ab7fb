import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { wrongIsolation } from './locks.js';

/** What became of a statement that failed. */
export interface Failure {
  cause: unknown;
  /** It may have been done all the same: the connection was lost, or nobody waited any longer, after it was sent. */
  mayBeDone: boolean;
}

const diskFull = '53100';
const noPrivilege = '42501';
const readOnly = '25006';
const canceled = '57014';
const lockNotAvailable = '55P03';

// Of what was sent, nothing was done; the next attempt may do better.
const passing = new Set(['40001', '40P01', lockNotAvailable]);

// What is there is not what was made: somebody has migrated it, or dropped it.
const otherSchema = new Set(['42P01', '42703', '42883', '3F000', '42P10']);

// A pooler has given us another connection than the one that a statement was prepared on.
const notPrepared = new Set(['26000', '42P05']);

// The result of a prepared statement has changed: another connection prepares it anew.
const stalePlan = '0A000';

const networkCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNABORTED'],
]);

function codeOf(cause: unknown): string {
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Is it that the connection broke, or could not be made? Then another one may work. */
export function isConnectionLost(cause: unknown): boolean {
  const code = codeOf(cause);
  // 57P01 to 57P05: the server stops, starts, or has ended the connection. 53300: it has no more to give.
  if (code.startsWith('08') || /^57P0[1-5]$/.test(code) || code === '53300' || networkCodes.has(code)) return true;
  // What `pg` says by itself has no code.
  return cause instanceof Error && code === '' && /^Connection terminated|not queryable$/.test(cause.message);
}

/** May the same statement do better a moment later? */
export const isPassing = (cause: unknown): boolean =>
  passing.has(codeOf(cause)) || codeOf(cause) === stalePlan || isConnectionLost(cause);

/** Has it waited for a lock in vain? */
export const isLockTimeout = (cause: unknown): boolean => codeOf(cause) === lockNotAvailable;

/** Must the connection that it came by not be used any more? */
export const breaksConnection = (cause: unknown): boolean =>
  isConnectionLost(cause) || [readOnly, stalePlan].includes(codeOf(cause));

/** Has the server said that it did nothing? */
export const isRefusal = (cause: unknown): boolean => /^[0-9A-Z]{5}$/.test(codeOf(cause)) && !isConnectionLost(cause);

/** Is what is stored of another schema than this pixstore made? */
export const isOtherSchema = (cause: unknown): boolean => otherSchema.has(codeOf(cause));

/** Does it come of a statement that the role may not do? */
export const isForbidden = (error: unknown): error is Error =>
  error instanceof Error && codeOf(error.cause) === noPrivilege;

/** Nobody has answered in time, or no connection has become free. */
export class NotInTime extends Error {
  constructor(
    readonly wait: 'connection' | 'answer',
    readonly ms: number,
  ) {
    super(`No ${wait} for ${ms} ms.`);
  }
}

const isPoolTimeout = (cause: unknown): boolean =>
  cause instanceof Error && cause.message === 'timeout exceeded when trying to connect';

/** Turns what a driver throws into a `PixstoreError`; the original stays reachable as `cause`. */
export function asDatabaseError({ cause, mayBeDone }: Failure): PixstoreError {
  if (cause instanceof PixstoreError) return cause;
  const outcome = mayBeDone
    ? 'It may have been done all the same: look before you repeat it.'
    : 'What was stored before is untouched.';
  const failed = (reason: string) => new PixstoreError('STORAGE_FAILED', `${reason} ${outcome}`, { cause });
  const late = (reason: string) => new PixstoreError('STORE_TIMEOUT', `${reason} ${outcome}`, { cause });

  if ((cause instanceof NotInTime && cause.wait === 'connection') || isPoolTimeout(cause)) {
    return late(
      'No connection of the pool became free in time: all are busy, or the server cannot be reached. Make the pool larger (max), or look for what keeps its connections.',
    );
  }
  if (cause instanceof NotInTime) return late(`PostgreSQL has not answered for ${cause.ms} ms.`);
  const code = codeOf(cause);
  if (code === canceled) return late('PostgreSQL has ended a statement that took too long (statement_timeout).');
  if (isLockTimeout(cause)) {
    return late('Another transaction keeps a lock for too long. Look for one that is not ended (pg_stat_activity).');
  }
  if (code === diskFull) {
    return new PixstoreError(
      'STORAGE_FULL',
      'PostgreSQL has no room left on its disk. What was stored before is untouched; free some space and try again.',
      { cause },
    );
  }
  if (isConnectionLost(cause)) return failed('PostgreSQL cannot be reached, or has ended the connection.');
  if (code === noPrivilege) {
    return failed(
      'The role that the pool connects as may not do this. docs/postgres.md says which privileges it needs.',
    );
  }
  if (code === readOnly) {
    return failed('This PostgreSQL takes no changes: it is a standby, or set to read only. Connect to the primary.');
  }
  if (notPrepared.has(code)) {
    return failed('A pooler lends each transaction another connection: give postgresRows prepare: false.');
  }
  if (code === wrongIsolation) {
    return failed(
      "The connections of the pool begin transactions at a stricter level than 'read committed' (default_transaction_isolation). Give pixstore a pool without that.",
    );
  }
  if (isOtherSchema(cause)) {
    return failed('Tables or functions of pixstore are not there: dropped, or changed by somebody else.');
  }
  return failed(`PostgreSQL refused to work${code && ` (${code})`}; "cause" has the details.`);
}

export function rowInvalid(cause?: unknown): PixstoreError {
  return new PixstoreError(
    'DATABASE_ROW_INVALID',
    'A row of the database has a value that pixstore never wrote: it was changed, or is damaged. Restore the database from a backup.',
    { cause },
  );
}

/** The connection broke while a change was committed, and what is stored now is something else. */
export function outcomeUnknown(): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    'The connection to PostgreSQL broke during a change, and others have changed the same since: it may have been done. Look before you repeat it.',
  );
}
