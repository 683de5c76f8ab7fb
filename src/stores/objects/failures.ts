import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** Why a request to an object store failed. */
export interface Failure {
  kind: FailureKind;
  /** What the object store or the system calls it, such as `503 SlowDown`. */
  reason: string;
  /** What was thrown, without what must not get into logs. */
  cause: Error;
}

/**
 * - `refused`: these credentials may not do that
 * - `no-bucket`: there is no such bucket
 * - `invalid`: the object store does not take such requests
 * - `busy`: it is asked for too much, and says so
 * - `slow`: it did not answer in time
 * - `broken`: it could not be reached, failed, or the line was cut
 */
export type FailureKind = 'refused' | 'no-bucket' | 'invalid' | 'busy' | 'slow' | 'broken';

/** A request that failed for a reason that no driver has to find. */
export class FailedRequest extends Error {
  readonly failure: Failure;

  constructor(kind: FailureKind, reason: string) {
    super(reason);
    this.name = 'FailedRequest';
    this.failure = { kind, reason, cause: this };
  }
}

/** May the same request succeed in a moment? */
export function isPassing({ kind }: Failure): boolean {
  return kind === 'busy' || kind === 'slow' || kind === 'broken';
}

const busyStatuses = new Set([429, 503]);
const busyNames = new Set(['SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequests', 'RequestLimitExceeded']);
const refusedStatuses = new Set([401, 403]);
// Said with a status of 400 or 409, but another try may do.
const passingNames = new Set(['RequestTimeout', 'ConditionalRequestConflict', 'OperationAborted', 'InternalError']);
const passingStatuses = new Set([408, 425]);

/** @param name - what the object store calls it, or the system, as far as it is known */
export function failureOf(error: unknown, status: number | undefined, name: string | undefined): Failure {
  return { kind: kindOf(status, name), reason: reasonOf(status, name), cause: toCause(error, status, name) };
}

function kindOf(status: number | undefined, name = ''): FailureKind {
  if (name === 'NoSuchBucket') return 'no-bucket';
  if (busyNames.has(name) || busyStatuses.has(status ?? 0)) return 'busy';
  if (refusedStatuses.has(status ?? 0)) return 'refused';
  if (passingNames.has(name) || passingStatuses.has(status ?? 0)) return 'broken';
  return status !== undefined && status >= 300 && status < 500 ? 'invalid' : 'broken';
}

/** Of names only what looks like one: nothing of a request gets into a message. */
function reasonOf(status: number | undefined, name: string | undefined): string {
  const shown = name && /^\w{1,40}$/.test(name) ? name : undefined;
  return [status, shown].filter((part) => part !== undefined).join(' ') || 'no answer';
}

/**
 * Errors of clients carry their requests, and answers to refused ones what was signed. So the cause is a new error, with what
 * helps whoever looks for it.
 */
function toCause(error: unknown, status: number | undefined, name: string | undefined): Error {
  const { message, $metadata } = (error ?? {}) as { message?: unknown; $metadata?: { requestId?: unknown } };
  const requestId = $metadata?.requestId;
  const cause = new Error(withoutQueries(typeof message === 'string' ? message : String(error)));
  return Object.assign(cause, {
    name: name ?? 'ObjectStoreError',
    ...(status !== undefined && { status }),
    ...(typeof requestId === 'string' && { requestId }),
  });
}

/** Queries of URLs may be signatures. */
const withoutQueries = (text: string): string => text.replace(/(https?:\/\/[^\s?]+)\?\S*/g, '$1?...');

/** @param work - what was to be done, as in "to read a blob" */
export function toError({ kind, reason, cause }: Failure, work: string, attempts: number): PixstoreError {
  const tried = attempts === 1 ? 'once' : `${attempts} times`;
  const code = kind === 'slow' ? 'STORE_TIMEOUT' : 'STORAGE_FAILED';
  const messages: Record<FailureKind, string> = {
    refused: `The object store refused to ${work} (${reason}). Check the credentials, the clock of this machine, and that they may read, write, delete and list in this bucket.`,
    'no-bucket': `The object store has no such bucket (${reason}), so it could not ${work}. Check bucket, region, endpoint and path style.`,
    invalid: `The object store does not take the request to ${work} (${reason}). Check region, endpoint and path style, and docs/object-stores.md for what this one needs; "cause" has the details.`,
    busy: `The object store was asked for too much to ${work} (${reason}); it was tried ${tried}. Try again later; where it happens often, ask for less at once or for a higher limit.`,
    slow: `The object store did not ${work} in time (${reason}); it was tried ${tried}. Look after the object store and the way to it; the option timeout says how long it may take.`,
    broken: `The object store could not ${work} (${reason}); it was tried ${tried}. Look after the object store and the way to it; "cause" has the details.`,
  };
  return new PixstoreError(code, messages[kind], { cause });
}
