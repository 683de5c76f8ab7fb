import { expect, test, vi } from 'vitest';
import {
  type FetchDemand,
  type FetchPriority,
  isMoreUrgent,
  priorities,
  raise,
} from '../../../../src/frontend/network/demand.js';

test('what is visible is most urgent, and what may be wanted later least', () => {
  expect(priorities).toEqual(['high', 'auto', 'low']);
  const moreUrgent = priorities.map((one) => priorities.filter((other) => isMoreUrgent(one, other)));
  expect(moreUrgent).toEqual([['auto', 'low'], ['low'], []]);
});

function demandOf(priority: FetchPriority) {
  const onRise = vi.fn();
  const demand: FetchDemand = { priority, onRise };
  return { demand, onRise };
}

test('a demand rises, and tells of it', () => {
  const { demand, onRise } = demandOf('low');
  raise(demand, 'high');
  expect(demand.priority).toBe('high');
  expect(onRise).toHaveBeenCalledTimes(1);
});

test.each(['low', 'auto', 'urgent', '', undefined])('but by %j a demand of "auto" does not', (to) => {
  const { demand, onRise } = demandOf('auto');
  raise(demand, to as FetchPriority);
  expect(demand.priority).toBe('auto');
  expect(onRise).not.toHaveBeenCalled();
});

test('a demand that nobody listens to rises as well', () => {
  const demand: FetchDemand = { priority: 'auto' };
  raise(demand, 'high');
  expect(demand.priority).toBe('high');
});
