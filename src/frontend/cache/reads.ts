import { coalesce } from './coalesce.js';
import type { CacheDatabase } from './database.js';
import { patiently } from './patience.js';
import type { ImageRow, StoreNames } from './schema.js';

interface Wish {
  id: string;
  answer: (row: ImageRow | undefined) => void;
}

/** Bounds how long the page is busy asking. */
const wishesAtOnce = 1000;

/**
 * Makes what reads image rows. Reads of one moment share a transaction, and so do those that come while it runs; each
 * is answered as soon as its own row is there.
 */
export function createReader(database: CacheDatabase, { images }: StoreNames) {
  const wishes = new Set<Wish>();
  let hanging = false;

  const readAll = coalesce(async () => {
    if (wishes.size === 0) return;
    const reading = database.use('readonly', [images], (rows) => {
      for (const wish of [...wishes].slice(0, wishesAtOnce)) {
        const row = rows.get(wish.id);
        row.onsuccess = () => settle(wish, row.result);
      }
      return true;
    });
    // A transaction can hang as well as a database (Safari). As long as this one does, nobody else waits for it.
    hanging = !(await patiently(() => reading));
    if (hanging) for (const wish of wishes) settle(wish, undefined);
    await reading;
    hanging = false;
    if (wishes.size) void readAll();
  });

  function settle(wish: Wish, row: ImageRow | undefined): void {
    wishes.delete(wish);
    wish.answer(row);
  }

  /** The row of an image; undefined when there is none, or the database is of no use. */
  return (id: string): Promise<ImageRow | undefined> =>
    new Promise((answer) => {
      if (hanging) return answer(undefined);
      wishes.add({ id, answer });
      void readAll();
    });
}
