import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import type { FetchDemand } from './demand.js';
import { inTime } from './in-time.js';

/** A fetcher of the application's own, as the loader sees it: not to be trusted. */
export type AnyFetcher = (record: ImageRecord, context: unknown, options: { signal: AbortSignal }) => unknown;

/**
 * Makes what asks a fetcher for one payload at a time.
 *
 * @param timeout - milliseconds it may take
 * @returns rejects with `FETCH_FAILED` when the fetcher throws or returns something else than bytes (what it threw is the
 * cause; a PixstoreError of its own passes through), with `FETCH_TIMEOUT` when it does not answer in time
 */
export function createFetch(fetcher: AnyFetcher, timeout: number) {
  return async (
    record: ImageRecord,
    context: unknown,
    { signal }: Pick<FetchDemand, 'signal'>,
  ): Promise<Uint8Array> => {
    try {
      return toBytes(await inTime(timeout, signal, (ownSignal) => fetcher(record, context, { signal: ownSignal })));
    } catch (cause) {
      if (cause instanceof PixstoreError) throw cause;
      // The message of a foreign error may hold the URL, and with it the proof: it stays in the cause.
      const name = cause instanceof Error ? cause.name : typeof cause;
      throw new PixstoreError('FETCH_FAILED', `The fetcher threw ${name}.`, { cause });
    }
  };
}

// By tag and not by instanceof: the bytes may come from another realm, such as an iframe.
function toBytes(answer: unknown): Uint8Array {
  const tag = (answer as Uint8Array | undefined)?.[Symbol.toStringTag] as string | undefined;
  if (tag === 'Uint8Array') return answer as Uint8Array;
  if (tag === 'ArrayBuffer') return new Uint8Array(answer as ArrayBuffer);
  throw new PixstoreError('FETCH_FAILED', `The fetcher returned ${tag ?? typeof answer}, not Uint8Array.`);
}
