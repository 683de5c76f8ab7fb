import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { isToken } from '../../shared/protocol/image-id.js';

/** @throws PixstoreError `DATABASE_ROW_INVALID`: the clock never gets there, so somebody else wrote it */
export function tokenAfter(token: number): number {
  if (isToken(token) && isToken(token + 1)) return token + 1;
  throw new PixstoreError(
    'DATABASE_ROW_INVALID',
    'The store names a token above which there is none: it was changed, or is damaged. Restore it from a backup.',
  );
}
