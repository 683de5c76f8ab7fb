import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import type { ImageRow, StoreNames } from './schema.js';

interface Wish {
  id: string;
  answer: (row?: ImageRow) => void;
}

/** Bounds how long the page is busy asking. */
const wishesAtOnce = 1000;

/**
 * Makes what reads image rows. Reads of one moment share a transaction, and so do those that come while it runs; each
 * is answered as soon as its own row is there, and with nothing when the database is of no use.
 */
export function createReader(database: CacheDatabase, { images }: StoreNames) {
  const wishes = new Set<Wish>();

  const readAll = coalesce(async () => {
    await undefined; // so that all calls of this moment are there
    while (wishes.size > 0) {
      const isDone = await database.use('readonly', [images], (rows) => {
        for (const wish of [...wishes].slice(0, wishesAtOnce)) {
          const row = rows.get(wish.id);
          row.onsuccess = () => settle(wish, row.result);
        }
        return true;
      });
      if (!isDone) for (const wish of wishes) settle(wish);
    }
  });

  function settle(wish: Wish, row?: ImageRow): void {
    wishes.delete(wish);
    wish.answer(row);
  }

  return (id: string): Promise<ImageRow | undefined> =>
    new Promise((answer) => {
      wishes.add({ id, answer });
      void readAll();
    });
}
