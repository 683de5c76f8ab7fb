import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveMasterKey } from '../../src/backend/keys/master-key.js';
import { createProofs } from '../../src/backend/keys/proofs.js';
import { proofKeysOf } from '../support/keys.js';
import { timesDiffer } from './support/timing.js';

// What this can see and what not. One check takes some microseconds, and its noise is about as much. The means of some
// ten thousand checks, in turns and in one process, show differences from about fifty nanoseconds on. A loop that stops
// at the first wrong letter makes less once it is compiled, and where a string lies in memory makes a dozen; over a
// network an attacker sees far less still. So letters are compared by `timingSafeEqual`, and this guards against what
// stands around it: work that is done, or left out, by how much of a proof is right.

const now = 1_700_000_000_000;
const proofs = createProofs(proofKeysOf(deriveMasterKey(new Uint8Array(32).fill(7))), 20_000, () => now);
const good = proofs.prove('k');
const other = proofs.prove('another');

/** Wrong from the n-th letter on, where they come from a proof that has nothing to do with it. */
function rightUpTo(letters: number): string {
  const tail = [...other].map((letter, at) => (letter === good[at] ? (letter === 'A' ? 'B' : 'A') : letter));
  return good.slice(0, letters) + tail.slice(letters).join('');
}

test.each([
  ['its first letter', 1],
  ['half of it', 21],
  ['all but its last letter', 42],
])('a proof of which %s is right is refused no faster and no slower than one that is all wrong', (_, letters) => {
  const wrong = rightUpTo(0);
  const nearly = rightUpTo(letters);
  expect([proofs.isGood('k', wrong), proofs.isGood('k', nearly)]).toEqual([false, false]);
  expect(
    timesDiffer(
      () => proofs.isGood('k', wrong),
      () => proofs.isGood('k', nearly),
    ),
  ).toBe(false);
});

test('nor does it matter whether the good one was just used', () => {
  expect(proofs.isGood('k', good)).toBe(true);
  const wrong = rightUpTo(0);
  const nearly = rightUpTo(42);
  expect(
    timesDiffer(
      () => proofs.isGood('k', wrong),
      () => proofs.isGood('k', nearly),
    ),
  ).toBe(false);
});

test('nor whether anybody has just looked at that image', () => {
  expect(proofs.isGood('k', good)).toBe(true);
  const wrong = rightUpTo(0);
  expect(
    timesDiffer(
      () => proofs.isGood('k', wrong),
      () => proofs.isGood('j', wrong),
    ),
  ).toBe(false);
});

test('the measure sees work that is left out when the first half is wrong already', () => {
  const sign = () => createHmac('sha256', 'key').update('k').digest('base64url');
  const expected = sign();
  const careless = (proof: string) => proof.slice(0, 20) === expected.slice(0, 20) && proof === sign();
  expect(
    timesDiffer(
      () => careless('A'.repeat(43)),
      () => careless(`${expected.slice(0, 42)}!`),
    ),
  ).toBe(true);
});
