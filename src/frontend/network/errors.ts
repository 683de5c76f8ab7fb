import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** What was answered when nothing was, or nothing that could be read to its end. */
export const nothing = 0;

/** A fetch that failed, and what is known of it: at first a failure of the moment, as networks have them. */
export class FetchError extends PixstoreError {
  /** The HTTP status, or {@link nothing}. */
  answered = nothing;
  /** Milliseconds for which the other side wants to be left alone; undefined where time alone mends nothing. */
  retryAfter: number | undefined = 0;
}

/** May asking again help? */
export function isTransient(error: unknown): boolean {
  return error instanceof FetchError ? error.retryAfter !== undefined : hasCode(error, 'RATE_LIMITED');
}

export function hasCode(error: unknown, code: PixstoreErrorCode): boolean {
  return error instanceof PixstoreError && error.code === code;
}
