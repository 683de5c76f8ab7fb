import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder } from '../../../src/shared/in-order.js';

test('results come in the order of the things, and no more is under way than may be', async () => {
  let underWay = 0;
  let most = 0;
  const work = async (number: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turns = 10 - number; turns > 0; turns -= 1) await nextTurn();
    underWay -= 1;
    return number;
  };
  const results: number[] = [];
  for await (const result of inOrder([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3, work)) results.push(result);
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(3);
});

test('when one fails, what is under way ends before that is told', async () => {
  const ended: number[] = [];
  const work = async (number: number) => {
    if (number === 1) throw new Error('full');
    for (let turns = number; turns > 0; turns -= 1) await nextTurn();
    ended.push(number);
  };
  const all = async () => {
    for await (const _ of inOrder([0, 1, 2, 3, 4], 4, work));
  };
  await expect(all()).rejects.toThrow('full');
  expect(ended).toEqual([0, 2, 3, 4]);
});
