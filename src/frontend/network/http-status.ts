import { NoAnswerError, StatusError, TransientError } from './errors.js';

/**
 * What an answer with another status than 200 means.
 *
 * @param now - milliseconds since 1970
 * @returns a TransientError when asking again may help: it was too early, too much or too slow, or something between us
 * and the backend failed, such as a proxy while the backend restarts
 */
export function errorOf(response: Response, base: string, now: number): TransientError | StatusError {
  const { status } = response;
  const isPassing = [408, 425, 429].includes(status) || (status >= 500 && status !== notImplemented);
  if (!isPassing) return new StatusError(status, base);
  const error = new TransientError('FETCH_FAILED', `HTTP status ${status} from ${base}.`);
  error.retryAfter = readRetryAfter(response.headers.get('retry-after'), now);
  return error;
}

const notImplemented = 501;

// A batch that gets one of these may be refused as a batch: by a backend of 3.x, by what guards forms against other
// sites, by what parses bodies. Or it is us that are refused, or the address is wrong.
const maybeBecauseOfBatch = [400, 403, 404, 405, 406, 413, 415, notImplemented];

/** Does a batch that failed so leave it open whether the endpoint takes any? */
export function isAboutBatches(failure: unknown): boolean {
  if (failure instanceof StatusError) return maybeBecauseOfBatch.includes(failure.answered);
  return failure instanceof NoAnswerError;
}

/** Milliseconds to wait. The header has seconds or a date; pages of another origin often cannot read it. */
function readRetryAfter(header: string | null, now: number): number {
  const milliseconds = Number(header) * 1000 || Date.parse(header ?? '') - now;
  return Math.max(0, milliseconds || 0);
}
