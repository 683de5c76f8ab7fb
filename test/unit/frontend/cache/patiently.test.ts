import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { patiently } from '../../../../src/frontend/cache/patiently.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('work that is done in time gives its result and leaves no timer', async () => {
  expect(await patiently(async () => 'opened')).toBe('opened');
  expect(vi.getTimerCount()).toBe(0);
});

test('work that never ends is given up after two seconds', async () => {
  const outcome = vi.fn();
  patiently(() => new Promise(() => {})).then(outcome);
  await vi.advanceTimersByTimeAsync(1999);
  expect(outcome).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(outcome).toHaveBeenCalledWith(undefined);
  expect(vi.getTimerCount()).toBe(0);
});

test('work that says it is blocked is given up at once', async () => {
  const blocked = patiently((giveUp) => {
    giveUp();
    return new Promise(() => {});
  });
  expect(await blocked).toBeUndefined();
});

test('work that fails fails', async () => {
  await expect(patiently(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});
