import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRefusedProofs } from '../../../../src/frontend/network/refused-proofs.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const tom = { id: 'tom', statelessProof: 'early' };

test('a proof that was refused is known for 5 s, however often it is refused again', async () => {
  const refused = createRefusedProofs();
  refused.add(tom);
  await vi.advanceTimersByTimeAsync(4999);
  expect(refused.has(tom)).toBe(true);
  refused.add(tom);
  await vi.advanceTimersByTimeAsync(1);
  expect(refused.has(tom)).toBe(false);
});

test.each([
  ['another proof of the same image', { ...tom, statelessProof: 'late' }],
  ['the same proof of another image', { ...tom, id: 'kitty' }],
])('%s is not', (_, other) => {
  const refused = createRefusedProofs();
  refused.add(tom);
  expect(refused.has(other)).toBe(false);
});
