import { PixstoreError } from '../../../shared/errors/pixstore-error.js';

export function sourceInvalid(problem: string, cause?: unknown): PixstoreError {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new PixstoreError(
    'SOURCE_INVALID',
    `${problem}${reason}. Nothing was changed; check that the database and the folder of a pixstore 3.x were named.`,
    { cause },
  );
}
