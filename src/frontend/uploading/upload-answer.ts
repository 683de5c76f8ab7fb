import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { errorStatuses } from '../../shared/errors/statuses.js';
import type { ImageRecord } from '../../types/index.js';
import { assertRecord } from '../loading/record.js';
import type { Answer } from './send-file.js';
import { noRecord, refused, refusedAs, UploadError } from './upload-error.js';

// What proxies, limiters and logins in front of pixstore answer with, and pixstore means the same by.
const codesByStatus: Readonly<Record<number, PixstoreErrorCode>> = {
  401: 'UPLOAD_FORBIDDEN',
  403: 'UPLOAD_FORBIDDEN',
  408: 'UPLOAD_TOO_SLOW',
  413: 'IMAGE_TOO_LARGE',
  415: 'UPLOAD_TYPE_REFUSED',
  429: 'RATE_LIMITED',
};

/**
 * The record in an answer.
 *
 * @throws UploadError with what the server said, `UPLOAD_ANSWER_INVALID`, `UPLOAD_REFUSED`
 */
export function recordIn({ status, text }: Answer): ImageRecord {
  const body = parse(text);
  if (status < 200 || status > 299) throw refusal(status, body);
  try {
    assertRecord(body);
  } catch (cause) {
    throw noRecord(status, cause);
  }
  return body;
}

/** By the code and the sentence of the server, if pixstore has such a code; else by the status. */
function refusal(status: number, body: unknown): UploadError {
  const { code, message } = Object(body) as Record<string, unknown>;
  if (isKnown(code) && typeof message === 'string') return new UploadError(code, message, { status });
  const sameMeaning = codesByStatus[status];
  return sameMeaning ? refusedAs(sameMeaning, status) : refused(status);
}

function isKnown(code: unknown): code is PixstoreErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorStatuses, code);
}

/** Undefined for what is no JSON, such as the pages of proxies. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
