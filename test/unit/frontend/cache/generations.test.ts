import { expect, test } from 'vitest';
import { createGenerations } from '../../../../src/frontend/cache/generations.js';

test('ending the generation of one image leaves the others', () => {
  const generations = createGenerations();
  const [a, b] = [generations.of('a'), generations.of('b')];
  generations.end('a');
  expect(generations.of('a')).not.toBe(a);
  expect(generations.of('b')).toBe(b);
});

test('ending all generations ends each, also those that ended before', () => {
  const generations = createGenerations();
  const before = generations.of('a');
  generations.end('a');
  const between = generations.of('a');
  generations.end();
  expect([before, between]).not.toContain(generations.of('a'));
});
