import { expect, test } from 'vitest';
import { gather } from '../../../../src/stores/postgres/gather.js';

test('what is asked for in one turn of the loop is asked together, and what comes later apart', async () => {
  const asked: number[][] = [];
  const double = gather(async (numbers: readonly number[]) => {
    asked.push([...numbers]);
    return numbers.map((number) => 2 * number);
  });
  const first = [double(1), double(2)];
  await Promise.resolve();
  first.push(double(3));
  expect(await Promise.all(first)).toEqual([2, 4, 6]);
  expect(await double(4)).toBe(8);
  expect(asked).toEqual([[1, 2, 3], [4]]);
});

test('all who have asked together are told that it failed, and who asks next is asked for anew', async () => {
  let fails = true;
  const ask = gather(async (numbers: readonly number[]) => {
    if (fails) throw new Error('no');
    return numbers;
  });
  expect((await Promise.allSettled([ask(1), ask(2)])).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await ask(3)).toBe(3);
});
