import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import { inTime } from './in-time.js';
import { pause } from './pause.js';

/**
 * Gets fresh records from the application's API; those it does not give out any more are left out, or null. Records of
 * variants may come by themselves or with the record of their image.
 *
 * @param ids - 1 to 200 of them; that of a variant is `[dir:]key.variant`
 * @param context - what was given to `getImage` as its second argument, for the first of them
 */
export type RefreshRecords<Context = unknown> = (
  ids: string[],
  context: Context | undefined,
) => Promise<readonly (ImageRecord | null)[]>;

/** So many ids go into one question: of the usual length, they take 6 of the 8 KB that servers let a URL have. */
const mostIds = 200;

/** Fresh records; of others the application gave none. */
type FreshRecords = readonly ImageRecord[];

/** What the application is going to be asked. Ids are added until it is. */
interface Question {
  ids: Set<string>;
  answer: Promise<FreshRecords>;
}

/**
 * Asks the application for fresh records: once for all proofs that expired together, as far as they go into one question,
 * with the context of the first; and one question at a time.
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
  // The question that is not asked yet; without one, or when it is full, the next proof that expired begins another.
  let open: Question | undefined;
  let lastAnswer: Promise<FreshRecords> | undefined;

  /** Waits until no more ids are to be expected, and until the question before is answered; then it asks. */
  async function askFor(ids: ReadonlySet<string>, context: unknown): Promise<FreshRecords> {
    const before = lastAnswer;
    do {
      pauses += 1;
      await pause(moment);
    } while (ids.size < mostIds && pauses < mostPauses && fetching() > 0);
    await Promise.allSettled([before]);
    if (open?.ids === ids) open = undefined;
    over?.throwIfAborted();
    try {
      const records = await inTime(timeout, undefined, () => refreshRecords([...ids], context));
      // Variants come along where an API answers with images, whatever was asked.
      return records.flatMap((record) => (record ? [record, ...Object.values(record.variants ?? {})] : []));
    } catch (cause) {
      throw new PixstoreError('PROOF_INVALID', 'The proof is expired, and "refreshRecords" failed.', { cause });
    }
  }

  function begin(context: unknown): Question {
    const ids = new Set<string>();
    const answer = askFor(ids, context);
    lastAnswer = answer;
    return { ids, answer };
  }

  /**
   * @returns undefined when the application gives out no record of this image any more
   * @throws PixstoreError `PROOF_INVALID` when the application failed
   */
  return async (id: string, context: unknown): Promise<ImageRecord | undefined> => {
    if (!open || open.ids.size >= mostIds) open = begin(context);
    open.ids.add(id);
    pauses = 0;
    return (await open.answer).find((record) => record.id === id);
  };
}
