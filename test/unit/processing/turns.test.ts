import { expect, test } from 'vitest';
import { createTurns } from '../../../src/processing/turns.js';
import { failure } from '../../support/errors.js';

const limits = { concurrency: 2, memory: 100, timeout: 60_000 };
const laterTurns = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A job that ends when it is told to. */
function heldJob() {
  let end = () => {};
  const promise = new Promise<string>((resolve) => {
    end = () => resolve('done');
  });
  return { promise, end: () => end() };
}

test('so many are worked on at once, and the others wait in order', async () => {
  const turns = createTurns(limits);
  const started: number[] = [];
  const jobs = Array.from({ length: 5 }, heldJob);
  const results = jobs.map(({ promise }, index) =>
    turns.take(() => {
      started.push(index);
      return promise;
    }),
  );
  await laterTurns();
  expect(started).toEqual([0, 1]);
  jobs[1]?.end();
  await laterTurns();
  expect(started).toEqual([0, 1, 2]);
  for (const { end } of jobs) end();
  expect(await Promise.all(results)).toEqual(Array(5).fill('done'));
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test('what takes too much memory together waits, and what takes it alone does not', async () => {
  const turns = createTurns(limits);
  const started: number[] = [];
  const jobs = [heldJob(), heldJob()];
  const results = jobs.map(({ promise }, index) =>
    turns.take((turn) =>
      turn.withMemory(60, () => {
        started.push(index);
        return promise;
      }),
    ),
  );
  await laterTurns();
  expect(started).toEqual([0]);
  jobs[0]?.end();
  await laterTurns();
  expect(started).toEqual([0, 1]);
  jobs[1]?.end();
  await Promise.all(results);
});

test('a job that fails gives its turn to the next', async () => {
  const turns = createTurns({ ...limits, concurrency: 1 });
  await expect(turns.take(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await turns.take(async () => 'next')).toBe('next');
});

test('who waits too long for a job is told at once, and the job keeps its turn until it ends', async () => {
  const turns = createTurns({ ...limits, concurrency: 1, timeout: 1 });
  const slow = heldJob();
  let signal: AbortSignal | undefined;
  await failure('PROCESSING_TIMEOUT', () =>
    turns.take((turn) => {
      signal = turn.signal;
      return slow.promise;
    }),
  );
  expect(signal?.aborted).toBe(true);
  let isNextStarted = false;
  const next = turns.take(async () => {
    isNextStarted = true;
  });
  await laterTurns();
  expect(isNextStarted).toBe(false);
  slow.end();
  await next;
});

test('the wait for a turn does not count', async () => {
  const turns = createTurns({ ...limits, concurrency: 1 });
  const first = heldJob();
  const running = turns.take(() => first.promise);
  const left = turns.take(async (turn) => turn.timeLeft());
  first.end();
  await running;
  expect(await left).toBeGreaterThan(limits.timeout - 1000);
});
