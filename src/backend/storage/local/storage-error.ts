import { PixstoreError } from '../../../shared/errors/pixstore-error.js';

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);
const sqliteFull = 13;

/** Is it that there is no room left? Then nothing was written to its end. */
export function isFull(cause: unknown): boolean {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  return fullCodes.has(String(code)) || errcode === sqliteFull;
}

/** Turns what a disk or a database throws into a `PixstoreError`; the original stays reachable as `cause`. */
export function asStorageError(cause: unknown, work: string): PixstoreError {
  if (cause instanceof PixstoreError) return cause;
  if (isFull(cause)) {
    return new PixstoreError(
      'STORAGE_FULL',
      `There is no room left to ${work}. What was stored before is untouched; free some space and try again.`,
      { cause },
    );
  }
  const { code } = cause as { code?: unknown };
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new PixstoreError(
    'STORAGE_FAILED',
    `The disk or database refused to ${work}${reason}. What was stored before is untouched; "cause" has the details.`,
    { cause },
  );
}

export function ciphertextMissing(): PixstoreError {
  return new PixstoreError(
    'CIPHERTEXT_MISSING',
    'The file with the ciphertext of an image is gone or damaged. Restore imageRootDir from the same backup as the database.',
  );
}
