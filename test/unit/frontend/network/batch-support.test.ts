import { expect, test } from 'vitest';
import { createBatchSupport } from '../../../../src/frontend/network/batch-support.js';

function createAt() {
  const clock = { time: 1000 };
  return { clock, batches: createBatchSupport(() => clock.time) };
}

test('batches are expected to be taken', () => {
  const { batches } = createAt();
  expect([batches.takesBatches(), batches.isInDoubt()]).toEqual([true, false]);
});

test('an endpoint that refuses them is asked for none for a minute, and then again, with doubts', () => {
  const { clock, batches } = createAt();
  batches.refused();
  clock.time += 59_999;
  expect(batches.takesBatches()).toBe(false);
  clock.time += 1;
  expect([batches.takesBatches(), batches.isInDoubt()]).toEqual([true, true]);
});

test('a doubt is dispelled by an answer, and refuses nothing by itself', () => {
  const { batches } = createAt();
  batches.doubt();
  expect([batches.takesBatches(), batches.isInDoubt()]).toEqual([true, true]);
  batches.answered();
  expect(batches.isInDoubt()).toBe(false);
});

test('what was refused meanwhile is not brought back by a doubt', () => {
  const { batches } = createAt();
  batches.refused();
  batches.doubt();
  expect(batches.takesBatches()).toBe(false);
});
