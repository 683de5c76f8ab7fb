import type { PixstoreErrorCode } from './codes.js';
import { type ErrorStatus, pageStatuses } from './status.js';

/**
 * The status of every code: a new one does not compile without. 4xx is what whoever asked can mend by asking otherwise;
 * 503 is what passes, or is not there yet or any more; 500 is for whoever runs the server. docs/errors.md has the same
 * column.
 */
export const errorStatuses: Readonly<Record<PixstoreErrorCode, ErrorStatus>> = {
  ...pageStatuses,
  // set-up
  CONFIG_INVALID: 500,
  BACKEND_ALREADY_INITIALIZED: 500,
  BACKEND_NOT_INITIALIZED: 503, // after close() of the default backend, too, while the last requests still come in
  BACKEND_CLOSED: 503,
  BACKEND_NOT_OPEN: 503,
  FRONTEND_NOT_INITIALIZED: 500,
  FRONTEND_CLOSED: 500,
  PORT_IN_USE: 500,
  LISTEN_FAILED: 500,
  ENDPOINT_ENABLED: 500,
  // images in
  IMAGE_INPUT_INVALID: 400, // what body parsers leave of an upload that they do not take
  IMAGE_EMPTY: 422,
  IMAGE_TRUNCATED: 422,
  IMAGE_NOT_RECOGNIZED: 415, // RFC 9110: also "as a result of inspecting the data directly"
  IMAGE_FORMAT_REFUSED: 415,
  IMAGE_NOT_STRIPPABLE: 422,
  IMAGE_TOO_MANY_PIXELS: 422,
  IMAGE_TOO_MANY_FRAMES: 422,
  IMAGE_BROKEN: 422,
  IMAGE_TOO_LARGE_TO_DECODE: 422,
  IMAGE_TOO_LARGE: 413,
  IMAGE_FILE_UNREADABLE: 500, // a file of the server's own
  PROCESSING_FAILED: 500,
  IMAGE_DIR_INVALID: 400,
  IMAGE_ID_TAKEN: 409,
  TOKEN_INVALID: 400,
  // processing
  PROCESSING_UNAVAILABLE: 500,
  PROCESSING_TIMEOUT: 503,
  // keys
  MASTER_KEY_INVALID: 500,
  MASTER_KEY_MISSING: 500,
  MASTER_KEY_MISMATCH: 500,
  MASTER_KEY_REQUIRED: 500,
  SEALED_KEY_INVALID: 500,
  KEY_WRAPPER_FAILED: 503,
  KEY_WRAPPER_TIMEOUT: 503,
  // storage
  SQLITE_MISSING: 500,
  DATABASE_INVALID: 500,
  DATABASE_FOREIGN: 500,
  DATABASE_TOO_NEW: 500,
  IMAGE_DIR_UNUSABLE: 500,
  IMAGE_DIR_MISSING: 500,
  DATABASE_ROW_INVALID: 500,
  STORE_SUPERSEDED: 500,
  BACKUP_FAILED: 500,
  BACKUP_UNSUPPORTED: 500,
  BACKUP_FOREIGN: 500,
  BACKUP_MISSING: 500,
  BACKUP_DAMAGED: 500,
  COPY_REFUSED: 500,
  COPY_UNFINISHED: 503,
  COPY_FAILED: 500,
  STORAGE_FAILED: 500,
  STORAGE_FULL: 507,
  CIPHERTEXT_MISSING: 500,
  STORE_TIMEOUT: 503,
  STORE_CLOSED: 503,
  SYNC_UNSUPPORTED: 500,
  // images from elsewhere
  SOURCE_INVALID: 500,
  RECORD_MISSING: 500,
  IMAGE_DIGEST_WRONG: 500,
  EXPORT_FAILED: 500,
  JOURNAL_UNUSABLE: 500,
  TOKEN_TOO_LOW: 500,
  // the wire
  AUDIENCE_INVALID: 500, // whoever is not logged in should have been answered before
  BATCH_TOO_LARGE: 413,
  BATCH_INVALID: 400,
  BATCH_TOO_SLOW: 408,
  BATCH_CROWDED_OUT: 503,
  // uploads
  UPLOAD_FORBIDDEN: 403,
  UPLOAD_METHOD_REFUSED: 405,
  UPLOAD_TYPE_REFUSED: 415,
  UPLOAD_INVALID: 400,
  UPLOAD_TOO_SLOW: 408,
  UPLOAD_CROWDED_OUT: 503,
  UPLOAD_REFUSED: 502, // in a page: whatever the server answered with, as of all that uploadImage raises
  UPLOAD_UNANSWERED: 502,
  UPLOAD_ANSWER_INVALID: 502,
  // what the application and its services do
  RATE_LIMITER_FAILED: 503,
  CLIENT_INVALID: 500,
  CHECK_TIMEOUT: 503,
  // the command line
  COMMAND_INVALID: 400,
  STORE_NOT_FOUND: 500,
  FILE_UNREADABLE: 500,
  FILE_UNWRITABLE: 500,
  // frontend
  INSECURE_CONTEXT: 500,
  SERVER_FAILED: 500,
  SHOW_FAILED: 500,
};
