import { coalesce } from '../coalesce.js';
import type { CacheDatabase } from './database.js';
import type { ImageRow, StoreNames } from './schema.js';

interface Wish {
  id: string;
  answer: (row?: ImageRow) => void;
}

/**
 * Makes what reads image rows. Reads of one moment share a transaction, and so do those that come while it runs; each
 * is answered as soon as its own row is there, and with nothing when the database is of no use. Those whose rows are
 * missing are answered together, so that they are fetched together.
 */
export function createReader(database: CacheDatabase, [, , images]: StoreNames) {
  // Asked for together: few at first, which are seen first; then so many that the browser has enough to do, and that not
  // too many bytes come at once.
  const firstReads = 16;
  const mostReads = 128;
  const mostBytes = 768 * 1024;
  // A transaction that takes too long is taken for one that hangs.
  const readsPerTransaction = 1000;
  const wishes = new Set<Wish>();

  const readAll = coalesce(async () => {
    await undefined; // so that all calls of this moment are there
    while (wishes.size > 0) {
      const isDone = await database.use('readonly', [images], (rows) => {
        const waiting = wishes.values();
        const missing: Wish[] = [];
        let left = readsPerTransaction;
        let unanswered = 0;
        const readSome = (count: number) => {
          while (unanswered < count && left > 0) {
            const wish = waiting.next().value;
            if (!wish) return;
            left -= 1;
            unanswered += 1;
            const row = rows.get(wish.id);
            row.onsuccess = () => {
              unanswered -= 1;
              if (row.result) settle(wish, row.result);
              else missing.push(wish);
              if (unanswered > 0) return;
              for (const lost of missing.splice(0)) settle(lost);
              readSome(Math.min(mostReads, firstReads + mostBytes / (row.result?.size ?? 1)));
            };
          }
        };
        if (wishes.size > firstReads) {
          // Where there is nothing, a gallery need not be searched for.
          const any = rows.getKey(IDBKeyRange.lowerBound(-Infinity));
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

  function settle(wish: Wish, row?: ImageRow): void {
    wishes.delete(wish);
    wish.answer(row);
  }

  function answerNothing(): void {
    for (const wish of wishes) settle(wish);
  }

  return (id: string): Promise<ImageRow | undefined> =>
    new Promise((answer) => {
      wishes.add({ id, answer });
      void readAll();
    });
}
