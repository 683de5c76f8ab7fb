import { describe, expect, test } from 'vitest';
import { createPooledRandom } from '../../../../src/backend/images/random.js';

describe('pooled randomness', () => {
  test('gives as many bytes as asked for, and none twice', () => {
    const random = createPooledRandom();
    const seen = new Set<string>();
    for (let round = 0; round < 10_000; round += 1) {
      const bytes = random(round % 2 ? 12 : 32);
      expect(bytes).toHaveLength(round % 2 ? 12 : 32);
      seen.add(Buffer.from(bytes).toString('hex'));
    }
    expect(seen.size).toBe(10_000);
    for (const piece of seen) expect(piece).not.toMatch(/^0+$/);
  });

  test('gives bytes of its own: changing them changes no others', () => {
    const random = createPooledRandom();
    const first = random(16);
    const copy = first.slice();
    random(16).fill(0);
    expect(first).toEqual(copy);
    expect(first.buffer.byteLength).toBe(16);
  });

  test.each([0, 4096, 10_000])('%i bytes at once', (length) =>
    expect(createPooledRandom()(length)).toHaveLength(length),
  );

  test('every value of a byte comes up', () => {
    const random = createPooledRandom();
    const counts = new Array(256).fill(0);
    for (let round = 0; round < 2_000; round += 1) for (const byte of random(32)) counts[byte] += 1;
    for (const count of counts) expect(count).toBeGreaterThan(100); // 250 expected
  });
});
