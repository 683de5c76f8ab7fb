import { setImmediate } from 'node:timers/promises';

export interface BatchLimits<Item> {
  /** Default: no limit. */
  maxItems?: number;
  /** What a batch may weigh; one item always fits. Default: no limit. */
  maxWeight?: number;
  weigh?(item: Item): number;
}

/**
 * Group commit: items that arrive while a batch runs share the next one, so that what a batch costs once (a disk sync)
 * is shared by all of them.
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
  let draining = false;

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

  async function drain(): Promise<void> {
    draining = true;
    while (waiting.length > 0) {
      // Whoever was just answered, or asks in this same turn, gets to join.
      await setImmediate();
      const batch = takeBatch();
      try {
        const results = await run(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, index) => {
          resolve(results[index] as Result);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    draining = false;
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!draining) void drain();
    });
}
