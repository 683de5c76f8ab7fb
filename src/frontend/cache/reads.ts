import { coalesce } from '../../shared/coalesce.js';
import type { CacheDatabase } from './database.js';
import type { ImageRow } from './schema.js';

/** A row that somebody waits for. */
interface PendingRead {
  id: string;
  answer: (row?: ImageRow) => void;
}

/**
 * Makes what reads image rows. Reads of one moment share a transaction, and so do those that come while it runs; each
 * is answered as soon as its own row is there, and with nothing when the database is of no use. Those whose rows are
 * missing are answered together, so that they are fetched together.
 */
export function createReader(database: CacheDatabase) {
  // Asked for together: few at first, which are seen first; then so many that the browser has enough to do, and that not
  // too many bytes come at once.
  const firstReads = 16;
  const mostReads = 128;
  const mostBytes = 768 * 1024;
  // A transaction that takes too long is taken for one that hangs.
  const readsPerTransaction = 1000;
  const pending = new Set<PendingRead>();

  const readAll = coalesce(async () => {
    await undefined; // so that all calls of this moment are there
    while (pending.size > 0) {
      const isDone = await database.use('readonly', ['images'], ({ images }) => {
        const waiting = pending.values();
        const missing: PendingRead[] = [];
        let left = readsPerTransaction;
        let unanswered = 0;
        const readSome = (count: number) => {
          while (unanswered < count && left > 0) {
            const read = waiting.next().value;
            if (!read) return;
            left -= 1;
            unanswered += 1;
            const row = images.get(read.id);
            row.onsuccess = () => {
              unanswered -= 1;
              if (row.result) settle(read, row.result);
              else missing.push(read);
              if (unanswered > 0) return;
              for (const lost of missing.splice(0)) settle(lost);
              readSome(Math.min(mostReads, firstReads + mostBytes / (row.result?.size ?? 1)));
            };
          }
        };
        if (pending.size > firstReads) {
          // Where there is nothing, a gallery need not be searched for.
          const any = images.getKey(IDBKeyRange.lowerBound(-Infinity));
          any.onsuccess = () => {
            if (any.result === undefined) answerNothing();
          };
        }
        readSome(firstReads);
        return true;
      });
      if (!isDone) answerNothing();
    }
  });

  function settle(read: PendingRead, row?: ImageRow): void {
    pending.delete(read);
    read.answer(row);
  }

  function answerNothing(): void {
    for (const read of pending) settle(read);
  }

  return (id: string): Promise<ImageRow | undefined> =>
    new Promise((answer) => {
      pending.add({ id, answer });
      void readAll();
    });
}
