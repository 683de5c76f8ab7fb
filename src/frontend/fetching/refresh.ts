import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import { inTime } from './in-time.js';
import { pause } from './pause.js';

/** Gets fresh records from the application's API; those it does not give out any more are left out, or null. */
export type RefreshRecords = (ids: string[], context: unknown) => Promise<readonly (ImageRecord | null)[]>;

/**
 * Asks the application for fresh records: once for all proofs that expired together, with the context of the first, and
 * one question at a time.
 *
 * @param over - when it aborts, nothing is asked any more
 * @param timeout - milliseconds the application may take
 * @param fetching - how many images are being fetched, whose proofs may turn out to be expired as well
 */
export function createRefresher(
  refreshRecords: RefreshRecords,
  timeout: number,
  fetching: () => number,
  over?: AbortSignal,
) {
  // Milliseconds after which it is seen whether more proofs turned out to be expired.
  const moment = 20;
  // So often in a row that none did, while there are fetches under way, and the question is asked all the same.
  const mostPauses = 10;
  let pauses = 0;
  let ids: Set<string> | undefined;
  let answer: Promise<Map<string | undefined, ImageRecord | null>> | undefined;

  async function askFor(wanted: Set<string>, context: unknown, before: typeof answer): NonNullable<typeof answer> {
    do {
      pauses += 1;
      await pause(moment);
    } while (pauses < mostPauses && fetching() > 0);
    await Promise.allSettled([before]);
    ids = undefined;
    over?.throwIfAborted();
    try {
      const records = await inTime(timeout, undefined, () => refreshRecords([...wanted], context));
      return new Map(records.map((record) => [record?.id, record]));
    } catch (cause) {
      throw new PixstoreError('PROOF_INVALID', 'The proof is expired, and "refreshRecords" failed.', { cause });
    }
  }

  /** @throws PixstoreError `PROOF_INVALID` when the application failed */
  return async (id: string, context: unknown): Promise<ImageRecord | null | undefined> => {
    if (!ids) {
      ids = new Set();
      answer = askFor(ids, context, answer);
    }
    ids.add(id);
    pauses = 0;
    return (await answer)?.get(id);
  };
}
