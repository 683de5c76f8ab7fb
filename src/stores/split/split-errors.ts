import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { Quota } from '../port.js';

/** Turns what rows or blobs throw into a `PixstoreError`. @param work - what was to be done, as in "to save an image" */
export type AsError = (cause: unknown, work: string) => PixstoreError;

/** Of stores that throw `PixstoreError`s, as they should; the rest stays reachable as `cause`. */
export const asSplitError: AsError = (cause, work) => {
  if (cause instanceof PixstoreError) return cause;
  return new PixstoreError(
    'STORAGE_FAILED',
    `The database or the store of blobs refused to ${work}. What was stored before is untouched; "cause" has the details.`,
    { cause },
  );
};

export function ciphertextMissing(): PixstoreError {
  return new PixstoreError(
    'CIPHERTEXT_MISSING',
    'The ciphertext of an image is gone or damaged. Restore files or blobs from the same backup as the database.',
  );
}

export function overQuota({ images, bytes }: Quota = {}): PixstoreError {
  const allowed = [images === undefined ? [] : `${images} images`, bytes === undefined ? [] : `${bytes} bytes`].flat();
  return new PixstoreError(
    'QUOTA_EXCEEDED',
    `The folder has no room for this: it may hold ${allowed.join(' and ')}. Delete images of it, or raise its limit.`,
  );
}
