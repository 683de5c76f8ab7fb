import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import { inTime } from './in-time.js';

/** Gets fresh records from the application's API; those it does not give out any more are left out, or null. */
export type RefreshRecords = (ids: string[], context: unknown) => Promise<readonly (ImageRecord | null)[]>;

// Milliseconds in which proofs that expired together are found out.
const gatherFor = 20;

/**
 * Asks the application for fresh records: once for all that are wanted at the same time, with the context of the first, and
 * one question at a time.
 *
 * @param timeout - milliseconds it may take
 */
export function createRefresher(refreshRecords: RefreshRecords, timeout: number) {
  let ids: Set<string> | undefined;
  let answer: Promise<Map<string | undefined, ImageRecord | undefined>> | undefined;

  async function askFor(
    wanted: Set<string>,
    context: unknown,
    before: typeof answer,
  ): Promise<Map<string | undefined, ImageRecord | undefined>> {
    await Promise.allSettled([before, new Promise((resolve) => setTimeout(resolve, gatherFor))]);
    ids = undefined;
    try {
      const records = await inTime(timeout, undefined, () => refreshRecords([...wanted], context));
      return new Map(records.map((record) => [record?.id, record ?? undefined]));
    } catch (cause) {
      throw new PixstoreError('PROOF_INVALID', 'The proof is expired, and "refreshRecords" failed.', { cause });
    }
  }

  /** @throws PixstoreError `PROOF_INVALID` when the application failed */
  return async (id: string, context: unknown): Promise<ImageRecord | undefined> => {
    if (!ids) {
      ids = new Set();
      answer = askFor(ids, context, answer);
    }
    ids.add(id);
    return (await answer)?.get(id);
  };
}
