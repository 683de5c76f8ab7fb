import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { errorStatuses } from '../../shared/errors/statuses.js';

/** An upload that failed. Its status is the one that the server answered with; where it answered none, that of the code. */
export class UploadError extends PixstoreError {
  override readonly status: number;

  constructor(code: PixstoreErrorCode, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(code, message, options);
    this.status = options.status ?? errorStatuses[code];
  }
}

export function noFile(given: string): UploadError {
  return new UploadError('IMAGE_INPUT_INVALID', `The call of uploadImage takes a File or a Blob; ${given} was given.`);
}

export function unanswered(cause?: unknown): UploadError {
  return new UploadError(
    'UPLOAD_UNANSWERED',
    'No answer came to the upload, or the line was cut. Check that the server is there and allows this page to send, and that the file was not changed since it was chosen.',
    { cause },
  );
}

export function refused(status: number): UploadError {
  return new UploadError('UPLOAD_REFUSED', `The server refused the upload with HTTP status ${status}.`, { status });
}

/** @param code - what pixstore says where others said the same with their status alone */
export function refusedAs(code: PixstoreErrorCode, status: number): UploadError {
  return new UploadError(code, refused(status).message, { status });
}

export function noRecord(status: number, cause: unknown): UploadError {
  return new UploadError(
    'UPLOAD_ANSWER_INVALID',
    'The upload was answered with something other than a record. Check that the "url" leads to createUploadHandler, and what its onSaved returns.',
    { status, cause },
  );
}
