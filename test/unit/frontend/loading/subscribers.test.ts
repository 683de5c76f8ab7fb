import { expect, test, vi } from 'vitest';
import { createSubscribers } from '../../../../src/frontend/loading/subscribers.js';

function create() {
  const failures: unknown[] = [];
  return { failures, ...createSubscribers<number>((error) => failures.push(error)) };
}

test('all are told of every change, until they leave', () => {
  const { add, tellAll, isEmpty } = create();
  const [one, other] = [vi.fn(), vi.fn()];
  const leave = add(one);
  const leaveToo = add(other);
  tellAll(1);
  leave();
  tellAll(2);
  leaveToo();
  tellAll(3);
  expect(one.mock.calls).toEqual([[1]]);
  expect(other.mock.calls).toEqual([[1], [2]]);
  expect(isEmpty()).toBe(true);
});

test('one that throws, or rejects later, hurts no other, and it is said', async () => {
  const { add, tellAll, failures } = create();
  const last = vi.fn();
  add(() => {
    throw new Error('now');
  });
  add(async () => {
    throw new Error('later');
  });
  add(last);
  tellAll(1);
  expect(last).toHaveBeenCalledOnce();
  await vi.waitFor(() => expect(failures).toEqual([new Error('now'), new Error('later')]), { interval: 1 });
});

test('the same listener may subscribe twice, and leaves once for each', () => {
  const { add, tellAll } = create();
  const listener = vi.fn();
  const leave = add(listener);
  add(listener);
  leave();
  leave();
  tellAll(1);
  expect(listener).toHaveBeenCalledOnce();
});

test('one that leaves while others are told is not told any more; one that comes is told of the next change', () => {
  const { add, tellAll } = create();
  const [gone, late] = [vi.fn(), vi.fn()];
  let isFirst = true;
  add(() => {
    leave();
    if (isFirst) add(late);
    isFirst = false;
  });
  const leave = add(gone);
  tellAll(1);
  expect(gone).not.toHaveBeenCalled();
  expect(late).not.toHaveBeenCalled();
  tellAll(2);
  expect(late.mock.calls).toEqual([[2]]);
});

test('a change that a listener makes is the last that anybody hears of', () => {
  const { add, tellAll } = create();
  const heard = vi.fn();
  add((value) => value === 1 && tellAll(2));
  add(heard);
  tellAll(1);
  expect(heard.mock.calls).toEqual([[2]]);
});

test('all can be sent away at once', () => {
  const { add, tellAll, clear, isEmpty } = create();
  const listener = vi.fn();
  add(listener);
  clear();
  tellAll(1);
  expect(isEmpty()).toBe(true);
  expect(listener).not.toHaveBeenCalled();
});
