import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** A failure of the moment, as networks have them: asking again may help. */
export class TransientError extends PixstoreError {}

export function isTransient(error: unknown): boolean {
  return error instanceof TransientError || hasCode(error, 'RATE_LIMITED');
}

export function hasCode(error: unknown, code: PixstoreErrorCode): boolean {
  return error instanceof PixstoreError && error.code === code;
}
