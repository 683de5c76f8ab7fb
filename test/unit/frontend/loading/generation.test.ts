import { expect, test } from 'vitest';
import { createGeneration, type Generation } from '../../../../src/frontend/loading/generation.js';

/** Whether what is asked for now of one image may still be kept. */
function watch({ watch }: Generation, id: string): () => boolean {
  const mayKeep = watch();
  return () => mayKeep(id);
}

test('an image that was deleted while it was on its way may not be kept, and others may', () => {
  const generation = createGeneration(new AbortController().signal);
  const [a, b] = [watch(generation, 'a'), watch(generation, 'b')];
  generation.deleted('a');
  expect([a(), b()]).toEqual([false, true]);
  expect([generation.lastDeletionOf('a'), generation.lastDeletionOf('b')]).toEqual([1, 0]);
  const again = watch(generation, 'a');
  expect(again()).toBe(true);
  generation.deleted('a');
  expect(again()).toBe(false);
});

test('deleting an image means its variants too, also those that nobody had asked for, and nothing that begins alike', () => {
  const generation = createGeneration(new AbortController().signal);
  const alike = ['x1', 'x1.thumb', 'x-a', 'a:x', 'a:x.thumb'];
  const others = alike.map((id) => watch(generation, id));
  const own = ['x', 'x.thumb', 'x.large'].map((id) => watch(generation, id));
  generation.deleted('x');
  expect(own.map((mayKeep) => mayKeep())).toEqual([false, false, false]);
  expect(generation.lastDeletionOf('x.new')).toBe(1);
  expect(others.every((mayKeep) => mayKeep())).toBe(true);
  expect(alike.map(generation.lastDeletionOf)).toEqual(alike.map(() => 0));
});

test('deleting a variant means neither the original nor other variants', () => {
  const generation = createGeneration(new AbortController().signal);
  const [original, thumb, large] = ['x', 'x.thumb', 'x.large'].map((id) => watch(generation, id));
  generation.deleted('x.thumb');
  expect([original?.(), thumb?.(), large?.()]).toEqual([true, false, true]);
});

test('every deletion has a number of its own, whichever of image and variant it means', () => {
  const generation = createGeneration(new AbortController().signal);
  const seen = ['x.thumb', 'x', 'x.thumb', 'y', 'x'].map((id) => {
    generation.deleted(id);
    return generation.lastDeletionOf('x.thumb');
  });
  expect(seen).toEqual([1, 2, 3, 3, 5]);
});

test('nothing may be kept when it is over', () => {
  const generation = createGeneration(new AbortController().signal);
  const mayKeep = watch(generation, 'a');
  expect([mayKeep(), generation.isOver()]).toEqual([true, false]);
  generation.end();
  expect([mayKeep(), generation.isOver()]).toEqual([false, true]);
});
