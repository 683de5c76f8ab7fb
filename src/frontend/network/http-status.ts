import { FetchError, nothing } from './errors.js';

/**
 * What an answer with another status than 200 means. Asking again may help when it was too early, too much or too slow,
 * or when something between us and the backend failed, such as a proxy while the backend restarts.
 *
 * @param now - milliseconds since 1970
 */
export function errorOf({ status, headers }: Response, base: string, now: number): FetchError {
  const isPassing = [408, 425, 429].includes(status) || (status >= 500 && status !== notImplemented);
  const error = new FetchError('FETCH_FAILED', `HTTP status ${status} from ${base}.`);
  error.answered = status;
  error.retryAfter = isPassing ? readRetryAfter(headers.get('retry-after'), now) : undefined;
  return error;
}

const notImplemented = 501;

// A batch that gets one of these may be refused as a batch: by a backend of 3.x, by what guards forms against other
// sites, by what parses bodies. Or it is us that are refused, or the address is wrong, or the network is down: a browser
// does not tell that from an answer without CORS headers.
const maybeBecauseOfBatch = [nothing, 400, 403, 404, 405, 406, 413, 415, notImplemented];

/** Does a batch that failed so leave it open whether the endpoint takes any? */
export function isAboutBatches(failure: unknown): failure is FetchError {
  return failure instanceof FetchError && maybeBecauseOfBatch.includes(failure.answered);
}

/** Milliseconds to wait. The header has seconds or a date; pages of another origin often cannot read it. */
function readRetryAfter(header: string | null, now: number): number {
  return Math.max(0, Number(header) * 1000 || Date.parse(header ?? '') - now || 0);
}
