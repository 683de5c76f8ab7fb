import { expect, test } from 'vitest';
import { createGeneration } from '../../../../src/frontend/cache/generation.js';

test('an image that was deleted while it was on its way may not be kept, and others may', () => {
  const generation = createGeneration(new AbortController().signal);
  const [a, b] = [generation.watch('a'), generation.watch('b')];
  generation.deleted('a');
  expect([a(), b()]).toEqual([false, true]);
  expect([generation.deletionsOf('a'), generation.deletionsOf('b')]).toEqual([1, 0]);
  const again = generation.watch('a');
  expect(again()).toBe(true);
  generation.deleted('a');
  expect(again()).toBe(false);
});

test('nothing may be kept when it is over', () => {
  const generation = createGeneration(new AbortController().signal);
  const mayKeep = generation.watch('a');
  expect([mayKeep(), generation.isOver()]).toEqual([true, false]);
  generation.end();
  expect([mayKeep(), generation.isOver()]).toEqual([false, true]);
});
