import { describe, expect, test } from 'vitest';
import { createBatcher } from '../../../../src/stores/local/batcher.js';

const turn = () => new Promise(setImmediate);

describe('group commit', () => {
  test('what arrives while a batch runs shares the next one', async () => {
    const batches: number[][] = [];
    const ends: (() => void)[] = [];
    const submit = createBatcher<number, number>(async (items) => {
      batches.push(items);
      await new Promise<void>((end) => ends.push(end));
      return items.map((item) => item * 10);
    });
    const first = submit(1);
    expect(batches).toEqual([[1]]); // at once
    const second = [submit(2), submit(3)];
    await turn();
    expect(batches).toHaveLength(1);
    ends.shift()?.();
    expect(await first).toBe(10);
    expect(batches).toEqual([[1], [2, 3]]);
    const third = submit(4);
    ends.shift()?.();
    expect(await Promise.all(second)).toEqual([20, 30]);
    ends.shift()?.();
    expect(await third).toBe(40);
  });

  test('a batch that fails fails all of its callers, and the next one runs', async () => {
    let fail = true;
    const submit = createBatcher<number, number>(async (items) => {
      if (fail) throw new Error('broken');
      return items;
    });
    const results = await Promise.allSettled([submit(1), submit(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fail = false;
    expect(await submit(3)).toBe(3);
  });

  test('batches keep to their limits, and one item always fits', async () => {
    const batches: number[][] = [];
    const submit = createBatcher<number, number>(
      async (items) => {
        batches.push(items);
        return items;
      },
      { maxItems: 3, maxWeight: 10, weigh: (item) => item },
    );
    await Promise.all([1, 1, 1, 1, 8, 3, 50, 1].map(submit));
    expect(batches).toEqual([[1], [1, 1, 1], [8], [3], [50], [1]]);
  });
});
