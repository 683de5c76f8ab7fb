import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** A failure of the moment, as networks have them: asking again may help. */
export class TransientError extends PixstoreError {
  /** Milliseconds for which the other side wants to be left alone. */
  retryAfter = 0;
}

/** No answer, or none that can be read to its end. */
export class NoAnswerError extends TransientError {}

/** An answer with an HTTP status that time alone does not mend. */
export class StatusError extends PixstoreError {
  constructor(
    readonly answered: number,
    from: string,
  ) {
    super('FETCH_FAILED', `HTTP status ${answered} from ${from}.`);
  }
}

export function isTransient(error: unknown): error is PixstoreError {
  return error instanceof TransientError || hasCode(error, 'RATE_LIMITED');
}

export function hasCode(error: unknown, code: PixstoreErrorCode): boolean {
  return error instanceof PixstoreError && error.code === code;
}
