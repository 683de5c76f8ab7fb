import { expect, onTestFinished, test, vi } from 'vitest';
import { createTurns } from '../../../../src/frontend/loading/turns.js';

test('what was asked for first goes first', async () => {
  const turn = createTurns();
  const turns: number[] = [];
  await Promise.all([9, 8, 1, 3, 7].map((number) => turn(number).then(() => turns.push(number))));
  expect(turns).toEqual([1, 3, 7, 8, 9]);
  await turn(2);
});

test('when a slice of work is over, others get their turn before the next begins', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const turn = createTurns();
  const turns: string[] = [];
  const other = new MessageChannel();
  other.port1.onmessage = () => turns.push('other');
  onTestFinished(() => other.port1.close());
  const work = async (name: string) => {
    await turn(1);
    turns.push(name);
    if (name === 'b') other.port2.postMessage(0);
    vi.advanceTimersByTime(8);
  };
  await Promise.all(['a', 'b', 'c', 'd'].map(work));
  expect(turns).toEqual(['a', 'b', 'other', 'c', 'd']);
});

test('what fails in its turn keeps nobody from theirs', async () => {
  const turn = createTurns();
  const fail = async (number: number) => {
    await turn(number);
    throw new Error('no');
  };
  const outcomes = await Promise.allSettled([fail(1), turn(2), fail(3)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
});
