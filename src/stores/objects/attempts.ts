import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { FailedRequest, type Failure, isPassing, toError } from './failures.js';

export interface AttemptsOptions {
  /** How long an answer, or the next piece of one, may take, in ms. */
  timeout: number;
  /** How often a request is sent at most. */
  attempts: number;
  failureOf(error: unknown): Failure;
  /** Resolves after so many ms. */
  pause(milliseconds: number): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

export type Attempts = ReturnType<typeof createAttempts>;

// Before the second attempt; twice as long before each further one, in ms.
const pauseWhenBusy = 1_000;
const pauseElse = 100;

// What is sent more slowly than this is not waited for, in bytes per ms.
const slowestUpload = 100;

/** Sends requests again that may succeed in a moment. */
export function createAttempts({ timeout, attempts, failureOf, pause, random }: AttemptsOptions) {
  /** Not all that failed in one moment tries again in one moment. */
  async function pauseBefore(attempt: number, { kind }: Failure): Promise<void> {
    const longest = (kind === 'busy' ? pauseWhenBusy : pauseElse) * 2 ** (attempt - 2);
    await pause(longest * (0.5 + random() / 2));
  }

  /**
   * Waits for a promise as long as it may take, and ends what it stands for when that is over.
   */
  function inTime<Value>(promise: Promise<Value>, end: AbortController, milliseconds = timeout): Promise<Value> {
    return new Promise((resolve, reject) => {
      const { signal } = end;
      const timer = setTimeout(() => end.abort(outOfTime(milliseconds)), milliseconds);
      const onEnd = () => reject(signal.reason);
      if (signal.aborted) onEnd();
      // Not all that is ended says so.
      signal.addEventListener('abort', onEnd);
      const settle = (how: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onEnd);
        how();
      };
      promise.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(signal.aborted ? signal.reason : error)),
      );
    });
  }

  /** What became of a request that failed: waits before the next attempt, or throws when there is none. */
  async function afterFailure(error: unknown, attempt: number, work: string): Promise<void> {
    if (error instanceof PixstoreError) throw error;
    const failure = error instanceof FailedRequest ? error.failure : failureOf(error);
    if (!isPassing(failure) || attempt >= attempts) throw toError(failure, work, attempt);
    await pauseBefore(attempt + 1, failure);
  }

  return {
    inTime,
    afterFailure,

    /**
     * @param work - as in "to read a blob"
     * @param sent - bytes that go with the request
     * @throws PixstoreError `STORAGE_FAILED` or `STORE_TIMEOUT`
     */
    async run<Value>(work: string, send: (end: AbortController) => Promise<Value>, sent = 0): Promise<Value> {
      for (let attempt = 1; ; attempt += 1) {
        const end = new AbortController();
        try {
          return await inTime(send(end), end, timeout + sent / slowestUpload);
        } catch (error) {
          end.abort();
          await afterFailure(error, attempt, work);
        }
      }
    },
  };
}

const outOfTime = (milliseconds: number) => new FailedRequest('slow', `nothing for ${Math.round(milliseconds)} ms`);
