import { expect, test } from 'vitest';
import { coalesce } from '../../../src/shared/coalesce.js';

/** A task whose runs are ended by hand. */
function createTask() {
  const ends: { resolve: () => void; reject: (reason: Error) => void }[] = [];
  const run = coalesce(() => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })));
  return { run, ends };
}

test('a task asked for while it runs runs once more afterwards, however often it was asked', async () => {
  const { run, ends } = createTask();
  const all = Promise.all([run(), run(), run()]);
  expect(ends).toHaveLength(1);
  ends[0]?.resolve();
  await expect.poll(() => ends.length).toBe(2);
  ends[1]?.resolve();
  await all;
  expect(ends).toHaveLength(2);
});

test('a run that fails is nobody’s error, and the next one runs', async () => {
  const { run, ends } = createTask();
  const first = run();
  ends[0]?.reject(new Error('no room'));
  await first;
  const second = run();
  expect(ends).toHaveLength(2);
  ends[1]?.resolve();
  await second;
});

test('a run that fails does not lose the one that was asked for meanwhile', async () => {
  const { run, ends } = createTask();
  const first = run();
  run();
  ends[0]?.reject(new Error('no room'));
  await expect.poll(() => ends.length).toBe(2);
  ends[1]?.resolve();
  await first;
});
