import { PixstoreError } from '../../shared/errors/pixstore-error.js';

const fullCodes = new Set(['ENOSPC', 'EDQUOT']);

/** Turns what a disk throws into a `PixstoreError`; the original stays reachable as `cause`. */
export function asDiskError(cause: unknown, work: string): PixstoreError {
  if (cause instanceof PixstoreError) return cause;
  const { code } = cause as { code?: unknown };
  if (fullCodes.has(String(code))) {
    return new PixstoreError(
      'STORAGE_FULL',
      `There is no room left to ${work}. What was stored before is untouched; free some space and try again.`,
      { cause },
    );
  }
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new PixstoreError(
    'STORAGE_FAILED',
    `The disk refused to ${work}${reason}. What was stored before is untouched; "cause" has the details.`,
    { cause },
  );
}
