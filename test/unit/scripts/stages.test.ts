import { expect, test } from 'vitest';
import { stagesOf } from '../../../scripts/test/stages.mjs';

const step = (name: string, lane?: string) => ({
  name,
  title: name,
  run: async () => ({ passed: 0, failed: 0, skipped: 0 }),
  ...(lane && { lane }),
});

test('steps that follow one another and name lanes run beside each other, others alone and in their order', () => {
  const steps = [
    step('a'),
    step('b'),
    step('c', 'one'),
    step('d', 'two'),
    step('e', 'one'),
    step('f'),
    step('g', 'one'),
  ];
  const stages = stagesOf(steps).map((lanes) => lanes.map((lane) => lane.map(({ name }) => name)));
  expect(stages).toEqual([[['a']], [['b']], [['c', 'e'], ['d']], [['f']], [['g']]]);
});
