import { pagesOf } from '../../shared/pages.js';

/**
 * Does work for all items of a walk, some side by side, and gives what became of them in their order. Where one throws,
 * those beside it end first: nothing goes on behind the caller's back.
 */
export async function* eachOf<Item, Result>(
  items: AsyncIterable<Item>,
  atOnce: number,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  signal?.throwIfAborted();
  for await (const page of pagesOf(items, atOnce)) {
    const settled = await Promise.allSettled(page.map(work));
    for (const result of settled) {
      if (result.status === 'rejected') throw result.reason;
      yield result.value;
    }
    signal?.throwIfAborted();
  }
}
