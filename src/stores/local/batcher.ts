export interface BatchLimits<Item> {
  /** Default: no limit. */
  maxItems?: number;
  /** What a batch may weigh; one item always fits. Default: no limit. */
  maxWeight?: number;
  weigh?(item: Item): number;
}

/**
 * Group commit: items that arrive while a batch runs share the next one, so that what a batch costs once (a disk sync)
 * is shared by all of them. The first to arrive does not wait for others: they are made ready while its batch runs.
 *
 * @returns a function that resolves with the item's own result
 */
export function createBatcher<Item, Result>(
  run: (items: Item[]) => Promise<Result[]>,
  {
    maxItems = Number.POSITIVE_INFINITY,
    maxWeight = Number.POSITIVE_INFINITY,
    weigh = () => 0,
  }: BatchLimits<Item> = {},
): (item: Item) => Promise<Result> {
  interface Entry {
    item: Item;
    resolve(result: Result): void;
    reject(error: unknown): void;
  }
  let waiting: Entry[] = [];
  let running = false;

  function takeBatch(): Entry[] {
    let weight = 0;
    let count = 0;
    for (const { item } of waiting) {
      weight += weigh(item);
      if (count > 0 && (count >= maxItems || weight > maxWeight)) break;
      count += 1;
    }
    const batch = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return batch;
  }

  async function runBatch(batch: Entry[]): Promise<void> {
    running = true;
    try {
      const results = await run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running = false;
    startBatch();
  }

  function startBatch(): void {
    if (!running && waiting.length > 0) void runBatch(takeBatch());
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      startBatch();
    });
}
