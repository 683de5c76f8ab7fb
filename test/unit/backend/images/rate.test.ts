import { expect, onTestFinished, test, vi } from 'vitest';
import { createThrottle } from '../../../../src/backend/images/rate.js';

function place(rate: { images?: number; bytes?: number }) {
  const clock = { time: 0, waited: [] as number[] };
  const throttle = createThrottle({
    rate,
    clock: () => clock.time,
    async wait(milliseconds) {
      clock.waited.push(Math.round(milliseconds));
      clock.time += milliseconds;
    },
  });
  return { clock, throttle };
}

test('work is held back to so many images or bytes a second, whichever is less', async () => {
  const { clock, throttle } = place({ images: 10, bytes: 1_000 });
  await throttle(1, 10);
  await throttle(1, 500);
  expect(clock.waited).toEqual([100, 500]);
});

test('time that the work itself takes counts, and what was not used is not made up for', async () => {
  const { clock, throttle } = place({ images: 10 });
  await throttle(1, 0);
  clock.time += 60;
  await throttle(1, 0);
  expect(clock.waited).toEqual([100, 40]);
  clock.time += 60_000;
  for (let count = 0; count < 3; count += 1) await throttle(1, 0);
  expect(clock.waited.slice(2)).toEqual([100, 100]);
});

test('without a rate nothing waits', async () => {
  const { clock, throttle } = place({});
  for (let count = 0; count < 100; count += 1) await throttle(1, 1e9);
  expect(clock.waited).toEqual([]);
});

test('any number may wait side by side, without a warning, and all are told when it ends', async () => {
  const onWarning = vi.fn();
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const abort = new AbortController();
  const throttle = createThrottle({ rate: { images: 0.001 }, signal: abort.signal });
  const waiting = Array.from({ length: 32 }, () => throttle(1, 0));
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error('enough'));
  const ends = await Promise.allSettled(waiting);
  expect(new Set(ends.map((end) => end.status === 'rejected' && end.reason))).toEqual(new Set([abort.signal.reason]));
  expect(onWarning).not.toHaveBeenCalled();
});
