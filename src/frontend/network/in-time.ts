import { PixstoreError } from '../../shared/errors/pixstore-error.js';

/** How long is waited. */
export interface TimeoutOptions {
  /**
   * Milliseconds without progress after which a request for images is given up; every byte that comes is progress, for
   * those that wait behind it as well. However steadily its bytes drip, an image gets 20 times as long. A fetcher of your
   * own shows no progress: it has so long for the whole of one image, from when it is called. Default 30000.
   */
  fetchTimeout: number;
}

/**
 * Does something that may take so many milliseconds and no more.
 *
 * @param outer - when it aborts, so does the signal that the work gets
 * @throws PixstoreError `FETCH_TIMEOUT`; then the work's signal aborts
 */
export function inTime<Result>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Result | Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = new AbortController();
    outer?.addEventListener('abort', () => abort.abort(outer.reason));
    const timer = setTimeout(() => {
      reject(timeoutError(milliseconds));
      abort.abort();
    }, milliseconds);
    const working = (async () => work(abort.signal))();
    working.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

export function timeoutError(milliseconds: number): PixstoreError {
  return new PixstoreError('FETCH_TIMEOUT', `No answer in ${milliseconds} ms ("fetchTimeout").`);
}
