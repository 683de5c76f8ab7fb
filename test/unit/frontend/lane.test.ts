import { expect, onTestFinished, test, vi } from 'vitest';
import type { Demand } from '../../../src/frontend/fetching/demand.js';
import { createLane } from '../../../src/frontend/lane.js';

const { signal } = new AbortController();
const demand = (number: number): Demand => ({ signal, number, priority: 'auto' });

/** Work in a lane for two, that the test ends. */
function startWork(...numbers: number[]) {
  const lane = createLane(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = numbers.map((number) =>
    lane(demand(number), () => {
      begun.push(number);
      return new Promise<number>((resolve) => ends.push(() => resolve(number)));
    }),
  );
  return { begun, all, endNext: () => ends.shift()?.() };
}

test('so much runs at once, and of the rest what was asked for first goes first', async () => {
  const { begun, all, endNext } = startWork(9, 8, 7, 1, 3);
  expect(begun).toEqual([9, 8]);
  for (let at = 0; at < 5; at += 1) {
    endNext();
    await new Promise(setImmediate);
    expect(begun.length).toBe(Math.min(3 + at, 5));
  }
  expect(begun).toEqual([9, 8, 1, 3, 7]);
  expect(await Promise.all(all)).toEqual([9, 8, 7, 1, 3]);
});

test('what fails makes room like what succeeds', async () => {
  const lane = createLane(1);
  const fail = () => Promise.reject(new Error('no'));
  const outcomes = await Promise.allSettled([lane(demand(1), fail), lane(demand(2), fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await lane(demand(3), async () => 3)).toBe(3);
});

test('when a slice of work is over, others get their turn before the next begins', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const lane = createLane(1);
  const turns: string[] = [];
  const other = new MessageChannel();
  other.port1.onmessage = () => turns.push('other');
  onTestFinished(() => other.port1.close());
  const work = (name: string) =>
    lane(demand(1), async () => {
      turns.push(name);
      vi.advanceTimersByTime(8);
    });
  const all = Promise.all(['a', 'b', 'c', 'd'].map(work));
  other.port2.postMessage(0);
  await all;
  expect(turns).toEqual(['a', 'b', 'other', 'c', 'd']);
});
