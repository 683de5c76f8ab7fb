import type { PixstoreErrorCode } from '../../shared/errors/codes.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

const ofOneImage: Partial<Record<PixstoreErrorCode, true>> = {
  CIPHERTEXT_MISSING: true,
  DATABASE_ROW_INVALID: true,
  IMAGE_BROKEN: true,
  IMAGE_DIGEST_WRONG: true,
  IMAGE_DIR_INVALID: true,
  IMAGE_EMPTY: true,
  IMAGE_FILE_UNREADABLE: true,
  IMAGE_FORMAT_REFUSED: true,
  IMAGE_ID_INVALID: true,
  IMAGE_ID_TAKEN: true,
  IMAGE_INPUT_INVALID: true,
  IMAGE_NOT_FOUND: true,
  IMAGE_NOT_RECOGNIZED: true,
  IMAGE_TOO_LARGE: true,
  IMAGE_TOO_LARGE_TO_DECODE: true,
  IMAGE_TOO_MANY_FRAMES: true,
  IMAGE_TOO_MANY_PIXELS: true,
  IMAGE_TRUNCATED: true,
  PROCESSING_FAILED: true,
  PROCESSING_TIMEOUT: true,
  SEALED_KEY_INVALID: true,
  TOKEN_INVALID: true,
  TOKEN_TOO_LOW: true,
};

/** What is wrong with one image does not end the work on many. What is wrong with the store does. */
export function isOfOneImage(error: unknown): error is PixstoreError {
  return error instanceof PixstoreError && ofOneImage[error.code] === true;
}
