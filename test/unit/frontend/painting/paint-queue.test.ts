import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createPaintQueue } from '../../../../src/frontend/painting/paint-queue.js';

// Time goes by only where a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const turn = () => new Promise(setImmediate);

test('what is added is drawn in its order, not at once but in the same task', async () => {
  const queue = createPaintQueue();
  const drawn: number[] = [];
  for (const number of [1, 2, 3]) queue.add(() => void drawn.push(number) as undefined);
  expect(drawn).toEqual([]);
  await Promise.resolve();
  expect(drawn).toEqual([1, 2, 3]);
});

test('what is left before its turn is not drawn', async () => {
  const queue = createPaintQueue();
  const drawn: number[] = [];
  const [leave] = [1, 2].map((number) => queue.add(() => void drawn.push(number) as undefined));
  leave?.();
  await turn();
  expect(drawn).toEqual([2]);
});

test('when a slice is over the page gets its turn', async () => {
  const queue = createPaintQueue();
  const drawn: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) {
    queue.add(() => {
      vi.advanceTimersByTime(5);
      drawn.push(name);
      return undefined;
    });
  }
  // All that belongs to this task.
  await Promise.resolve();
  await Promise.resolve();
  expect(drawn).toEqual(['a', 'b']);
  await vi.waitFor(() => expect(drawn).toEqual(['a', 'b', 'c', 'd']));
});

test.each([
  ['of Chromium', { ImageDecoder: class {} }, 16],
  ['of others', {}, 6],
])('only some are decoded at once, and those behind them wait: in engines %s', async (_, globals, most) => {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  onTestFinished(() => void vi.unstubAllGlobals());
  const queue = createPaintQueue();
  const ends: (() => void)[] = [];
  for (let count = 0; count < most + 2; count += 1) queue.add(() => new Promise((resolve) => ends.push(resolve)));
  let isDrawn = false;
  queue.add(() => {
    isDrawn = true;
    return undefined;
  });
  await turn();
  expect(ends).toHaveLength(most);
  ends[0]?.();
  await turn();
  expect(ends).toHaveLength(most + 1);
  expect(isDrawn).toBe(false);
  for (const end of ends) end();
  await turn();
  expect([ends.length, isDrawn]).toEqual([most + 2, true]);
});

test('what fails, at once or later, is an error of the page, and those behind it are drawn', async () => {
  const reported: unknown[] = [];
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error));
  onTestFinished(() => void vi.unstubAllGlobals());
  const queue = createPaintQueue();
  queue.add(() => {
    throw new Error('at once');
  });
  for (let count = 0; count < 6; count += 1) queue.add(() => Promise.reject(new Error('later')));
  let isDrawn = false;
  queue.add(() => {
    isDrawn = true;
    return undefined;
  });
  await turn();
  expect(isDrawn).toBe(true);
  expect(reported.map(String)).toEqual(['Error: at once', ...Array(6).fill('Error: later')]);
});
