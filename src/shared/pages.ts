/** Items of a walk, some at a time. */
export async function* pagesOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  length: number,
): AsyncGenerator<Item[]> {
  let page: Item[] = [];
  for await (const item of items) {
    if (page.push(item) < length) continue;
    yield page;
    page = [];
  }
  yield page;
}
