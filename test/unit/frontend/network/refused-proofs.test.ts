import { expect, test } from 'vitest';
import { createRefusedProofs } from '../../../../src/frontend/network/refused-proofs.js';

const tom = { id: 'tom', statelessProof: 'early' };

function createAt() {
  const clock = { time: 1000 };
  return { clock, refused: createRefusedProofs(() => clock.time) };
}

test('a proof that was refused is known for 5 s, however often it is refused again', () => {
  const { clock, refused } = createAt();
  refused.add(tom);
  clock.time += 4999;
  expect(refused.has(tom)).toBe(true);
  refused.add(tom);
  clock.time += 1;
  expect(refused.has(tom)).toBe(false);
});

test('another proof of the same image is not, and takes its place when it is refused, too', () => {
  const { refused } = createAt();
  const other = { ...tom, statelessProof: 'late' };
  refused.add(tom);
  expect(refused.has(other)).toBe(false);
  refused.add(other);
  expect([refused.has(other), refused.has(tom)]).toEqual([true, false]);
});
