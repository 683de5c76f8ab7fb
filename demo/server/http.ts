import type { ErrorRequestHandler, RequestHandler } from 'express';
import { PixstoreError, type PixstoreErrorCode } from 'pixstore/backend';
import type { ErrorAnswer } from '../answers.js';

/** An error of the application's own, with the HTTP status it answers. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Serves only this machine's own pages: another site's page can neither write (its Origin is foreign) nor pass itself
 * off as this one by pointing a name of its own at 127.0.0.1 (its Host is foreign).
 */
export function onlyThisPage(origins: readonly string[], endpointOrigin: string): RequestHandler {
  const contentSecurityPolicy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:", // small pictures are painted as data
    `connect-src 'self' ${endpointOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-src 'self'", // the two sides of the comparison
    "frame-ancestors 'self'",
  ].join('; ');

  return (request, response, next) => {
    const { host, origin } = request.headers;
    if (!origins.includes(`http://${host}`) || (origin !== undefined && !origins.includes(origin))) {
      throw new ApiError(403, 'FOREIGN_ORIGIN', `This demo answers only its own page, at ${origins[0]}.`);
    }
    response.set({
      'Content-Security-Policy': contentSecurityPolicy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    next();
  };
}

/** The errors that are the visitor's to put right. Anything else is a 500. */
const statusByCode: Partial<Record<PixstoreErrorCode, number>> = {
  IMAGE_INPUT_INVALID: 400,
  IMAGE_EMPTY: 400,
  IMAGE_ID_INVALID: 400,
  IMAGE_NOT_FOUND: 404,
  IMAGE_TOO_LARGE: 413,
  IMAGE_NOT_RECOGNIZED: 415,
  IMAGE_FORMAT_REFUSED: 415,
  IMAGE_TRUNCATED: 422,
};

/** Answers every error as JSON: `{ code, message }`. */
export const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  const { status, answer } = describe(error);
  if (status >= 500) console.error(error);
  response.status(status).json(answer);
};

function describe(error: unknown): { status: number; answer: ErrorAnswer } {
  if (error instanceof ApiError) return { status: error.status, answer: { code: error.code, message: error.message } };
  if (error instanceof PixstoreError) {
    return { status: statusByCode[error.code] ?? 500, answer: { code: error.code, message: error.message } };
  }
  // Express and its body parser put the status on their errors.
  const status = (error as { status?: unknown } | null)?.status;
  if (status === 413) return { status, answer: { code: 'IMAGE_TOO_LARGE', message: 'The file is over 50 MB.' } };
  if (typeof status === 'number' && status < 500) {
    return { status, answer: { code: 'REQUEST_INVALID', message: 'The request cannot be read.' } };
  }
  return { status: 500, answer: { code: 'SERVER_FAILED', message: 'The server failed. Its terminal says why.' } };
}
