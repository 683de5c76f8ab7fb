import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/**
 * Does something that may take so many milliseconds and no more.
 *
 * @param outer - when it aborts, so does the signal that the work gets
 * @throws PixstoreError `FETCH_TIMEOUT`; then the work's signal aborts
 */
export async function inTime<Result>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Result | Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  outer?.addEventListener('abort', () => abort.abort(outer.reason));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(timeoutError(milliseconds));
      abort.abort();
    }, milliseconds);
  });
  try {
    return await Promise.race([work(abort.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

export function timeoutError(milliseconds: number): PixstoreError {
  return new PixstoreError('FETCH_TIMEOUT', `No answer within ${milliseconds} ms ("fetchTimeout").`);
}
