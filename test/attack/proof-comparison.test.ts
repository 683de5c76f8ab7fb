import { expect, test, vi } from 'vitest';
import { openBackend } from '../support/backend.js';
import { photo } from '../support/photos.js';

/** What is computed and compared with the proofs that came, in the order in which it is. */
const work = vi.hoisted<string[]>(() => []);

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    timingSafeEqual(one: Uint8Array, other: Uint8Array) {
      work.push(`compare ${one.length} with ${other.length}`);
      return crypto.timingSafeEqual(one, other);
    },
    createHmac(...given: Parameters<typeof crypto.createHmac>) {
      work.push('sign');
      return crypto.createHmac(...given);
    },
  };
});

// How long a comparison takes cannot be seen from outside (proof-timing.test.ts says why), so this sees which are made.
test('every proof is compared whole, in constant time, and as often whatever of it is right, used before or not', async () => {
  const backend = await openBackend({ now: () => 1_700_000_005_000 });
  const record = await backend.saveImage(photo('coffee.webp'));
  const { id = '', statelessProof: good = '' } = record ?? {};
  const wrongFrom = (at: number) =>
    good.slice(0, at) + [...good.slice(at)].map((letter) => (letter === 'A' ? 'B' : 'A')).join('');
  const wrong = [...Array.from({ length: 43 }, (_, at) => wrongFrom(at)), `${good.slice(1)}${good[0]}`];

  async function workFor(asked: string, proof: string): Promise<string[]> {
    work.length = 0;
    await backend.customEndpointHelper(asked, 1, proof);
    return work.slice();
  }

  const refused = await workFor(id, wrongFrom(0));
  const compared = refused.filter((step) => step.startsWith('compare'));
  // Both windows, and what is remembered.
  expect(compared.length).toBeGreaterThanOrEqual(3);
  expect(new Set(compared)).toEqual(new Set(['compare 43 with 43']));
  for (const proof of wrong) expect(await workFor(id, proof)).toEqual(refused);
  expect(await workFor(id, good)).toEqual(expect.arrayContaining(['compare 43 with 43']));
  for (const proof of wrong) expect(await workFor(id, proof)).toEqual(refused);
  expect(await workFor('nobody', wrongFrom(0))).toEqual(refused);
});
