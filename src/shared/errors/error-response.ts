import type { PixstoreErrorCode } from './codes.js';
import { PixstoreError } from './pixstore-error.js';

/** What a client may be told of an error. */
export interface ErrorResponse {
  /** The HTTP status, from 400 to 507. */
  status: number;
  /** Null when the error is not pixstore's. */
  code: PixstoreErrorCode | null;
  /** A sentence for people. From status 500 on it says nothing of what went wrong inside. */
  message: string;
}

/**
 * What to answer to whoever sent the request that failed with this error, for the error handler of an application.
 *
 * Of a `PixstoreError`: its status, its code, and below 500 its sentence. Of others that say themselves that it was the
 * client's fault, by a `status` or `statusCode` below 500 as those of body parsers do: that status, and their sentence if
 * they have `expose: true`. Of everything else: 500. It never throws, and logs nothing: what is 500 and above is for you
 * to log.
 *
 * @example
 * app.use((error, _req, res, next) => {
 *   if (res.headersSent) return next(error);
 *   const { status, ...body } = errorResponse(error);
 *   if (status >= 500) console.error(error);
 *   res.status(status).json(body);
 * });
 */
export function errorResponse(error: unknown): ErrorResponse {
  if (error instanceof PixstoreError) {
    const { status, code, message } = error;
    return { status, code, message: status < 500 ? message : sentenceOf(status) };
  }
  const { status, message } = readForeign(error);
  return { status, code: null, message: message ?? sentenceOf(status) };
}

/** Errors of others may have getters that throw, or be no errors at all. */
function readForeign(error: unknown): { status: number; message?: string } {
  try {
    const { status, statusCode, expose, message } = Object(error) as Record<string, unknown>;
    const said = [status, statusCode].find(isClientsFault);
    if (said === undefined) return { status: 500 };
    return expose === true && typeof message === 'string' ? { status: said, message } : { status: said };
  } catch {
    return { status: 500 };
  }
}

function isClientsFault(status: unknown): status is number {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 500;
}

function sentenceOf(status: number): string {
  if (status < 500) return 'The request was refused.';
  if (status === 503 || status === 504) return 'The server cannot do this now. Try again soon.';
  return status === 507 ? 'The server has no room left.' : 'The server failed. Try again later.';
}
