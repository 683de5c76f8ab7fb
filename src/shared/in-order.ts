/**
 * Works on many things side by side, and gives the results in the order of the things.
 *
 * Whoever stops taking results has what is under way end first.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => {}); // told to whoever takes it
      if (underWay.push(result) < atOnce) continue;
      yield await (underWay.shift() as Promise<Result>);
    }
    for (let next = underWay.shift(); next; next = underWay.shift()) yield await next;
  } finally {
    await Promise.allSettled(underWay);
  }
}
