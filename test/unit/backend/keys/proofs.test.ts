import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveMasterKey, type MasterKey } from '../../../../src/backend/keys/master-key.js';
import { createProofs } from '../../../../src/backend/keys/proofs.js';
import { proofKeysOf } from '../../../support/keys.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  id: string;
  now: number;
  windowLength: number;
  proof: string;
}
type BoundVector = Vector & { audience: string };
const vectors = readVectors<{ masterKeyHex: string; proofs: Vector[]; boundProofs: BoundVector[] }>('proofs');
const master = deriveMasterKey(fromHex(vectors.masterKeyHex));
const other = deriveMasterKey(new Uint8Array(32).fill(9));
const start = 1_700_000_000_000; // a window of 20 s begins here

function withClock(masters: readonly MasterKey[] = [master], windowLength = 20_000) {
  const clock = { now: start };
  return { clock, proofs: createProofs(proofKeysOf(...masters), windowLength, () => clock.now) };
}

describe('proofs', () => {
  test.each(vectors.proofs)('the proof of $id at $now is that of its golden vector', (vector) => {
    const proofs = createProofs(proofKeysOf(master), vector.windowLength, () => vector.now);
    expect(proofs.prove(vector.id)).toBe(vector.proof);
    expect(proofs.isGood(vector.id, vector.proof)).toBe(true);
  });

  test('are judged by when they arrived, where that is said', () => {
    const { clock, proofs } = withClock();
    const proof = proofs.prove('k');
    clock.now = start + 1_000_000;
    expect(proofs.isGood('k', proof)).toBe(false);
    expect(proofs.isGood('k', proof, undefined, start + 39_999)).toBe(true);
    expect(proofs.isGood('k', proof, undefined, start + 40_000)).toBe(false);
    expect(proofs.isGood('k', proof)).toBe(false);
  });

  test('live to the end of the window after theirs, and not a millisecond longer', () => {
    for (const [made, lastGood] of [
      [start, start + 39_999],
      [start + 19_999, start + 39_999],
      [start + 20_000, start + 59_999],
    ] as const) {
      const { clock, proofs } = withClock();
      clock.now = made;
      const proof = proofs.prove('k');
      clock.now = lastGood;
      expect(proofs.isGood('k', proof)).toBe(true);
      clock.now = lastGood + 1;
      expect(proofs.isGood('k', proof)).toBe(false);
    }
  });

  test('of the next window are good from 5 s before it begins, and not a millisecond earlier', () => {
    const { clock, proofs } = withClock();
    clock.now = start + 20_000;
    const proof = proofs.prove('k');
    for (const [time, good] of [
      [start + 14_999, false],
      [start + 15_000, true],
      [start + 19_999, true],
      [start + 14_999, false], // also when the clock is set back, after it was good
      [start, false],
      [start - 1, false],
      [start + 20_000, true],
      [start + 59_999, true],
      [start + 60_000, false],
    ] as const) {
      clock.now = time;
      expect(proofs.isGood('k', proof), `at ${time - start}`).toBe(good);
    }
  });

  test('of windows after the next are not good', () => {
    for (const windowLength of [20_000, 5_000, 1_000, 1]) {
      const { clock, proofs } = withClock([master], windowLength);
      clock.now = start + 2 * windowLength;
      const proof = proofs.prove('k');
      clock.now = start + windowLength - 1;
      expect(proofs.isGood('k', proof), `windows of ${windowLength} ms`).toBe(false);
    }
  });

  test('of windows no longer than 5 s are good a whole window early, no more', () => {
    for (const windowLength of [5_000, 1_000, 1]) {
      const { clock, proofs } = withClock([master], windowLength);
      clock.now = start + windowLength;
      const proof = proofs.prove('k');
      clock.now = start;
      expect(proofs.isGood('k', proof), `windows of ${windowLength} ms`).toBe(true);
      clock.now = start - 1;
      expect(proofs.isGood('k', proof), `windows of ${windowLength} ms`).toBe(false);
    }
  });

  test('that are fresh are good on every server whose clock is at most 5 s off', () => {
    const [one, two] = [withClock(), withClock()];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: -5_000, max: 5_000 }), (after, apart) => {
        one.clock.now = start + after;
        two.clock.now = start + after + apart;
        expect(two.proofs.isGood('k', one.proofs.prove('k'))).toBe(true);
        expect(two.proofs.isGood('k', one.proofs.prove('k', 'user-7'), 'user-7')).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test('end on every such server after two windows and 5 s', () => {
    const [one, two] = [withClock(), withClock()];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: -5_000, max: 5_000 }), (after, apart) => {
        one.clock.now = start + after;
        const proof = one.proofs.prove('k');
        two.clock.now = start + after + apart;
        expect(two.proofs.isGood('k', proof)).toBe(true); // and now it may be remembered
        two.clock.now += 45_000;
        expect(two.proofs.isGood('k', proof)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('are good for their id alone', () => {
    const { proofs } = withClock();
    for (const id of ['j', 'K', 'a:k', 'k.thumb', '']) expect(proofs.isGood(id, proofs.prove('k'))).toBe(false);
  });

  test('of another master key are not good, those of an older key in the list are', () => {
    const { proofs } = withClock([master]);
    const { proofs: foreign } = withClock([other]);
    const { proofs: both } = withClock([other, master]);
    expect(proofs.isGood('k', foreign.prove('k'))).toBe(false);
    expect(both.isGood('k', proofs.prove('k'))).toBe(true);
    expect(both.prove('k')).toBe(foreign.prove('k'));
  });

  test('are not good when anything is changed, cut off or added', () => {
    const { proofs } = withClock();
    const proof = proofs.prove('k');
    expect(proof).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const changed = [...proof].map(
      (letter, at) => proof.slice(0, at) + (letter === 'A' ? 'B' : 'A') + proof.slice(at + 1),
    );
    for (const wrong of [...changed, proof.slice(0, -1), `${proof}=`, ` ${proof}`, `${proof}\0`, '', 'ä'.repeat(43)]) {
      expect(proofs.isGood('k', wrong)).toBe(false);
    }
  });

  test('are as good the second time, and what is remembered of them makes nothing else good', () => {
    const { clock, proofs } = withClock();
    const proof = proofs.prove('k');
    for (let round = 0; round < 3; round += 1) {
      expect(proofs.isGood('k', proof)).toBe(true);
      expect(proofs.isGood('j', proof)).toBe(false);
      expect(proofs.isGood('k', proof, 'user-7')).toBe(false);
      expect(proofs.isGood('k', `${proof.slice(0, -1)}_`)).toBe(false);
    }
    clock.now = start + 20_000;
    expect(proofs.isGood('k', proof)).toBe(true);
    clock.now = start + 40_000;
    expect(proofs.isGood('k', proof)).toBe(false);
  });

  test('of more images than are remembered are all good, before and after', () => {
    const { proofs } = withClock();
    const ids = Array.from({ length: 10_000 }, (_, index) => `k${index}`);
    for (const id of [...ids, 'k0', 'k9999']) expect(proofs.isGood(id, proofs.prove(id))).toBe(true);
  });
});

describe('proofs bound to an audience', () => {
  test.each(vectors.boundProofs)('that of $id for $audience at $now is that of its golden vector', (vector) => {
    const proofs = createProofs(proofKeysOf(master), vector.windowLength, () => vector.now);
    expect(proofs.prove(vector.id, vector.audience)).toBe(vector.proof);
    expect(proofs.isGood(vector.id, vector.proof, vector.audience)).toBe(true);
  });

  test('are good for that audience alone, and a proof for everybody is not good for it', () => {
    const { proofs } = withClock();
    const bound = proofs.prove('k', 'user-7');
    expect(proofs.isGood('k', bound, 'user-7')).toBe(true);
    for (const other of [undefined, '', 'user-8', 'USER-7', 'user-7 ']) {
      expect(proofs.isGood('k', bound, other)).toBe(false);
    }
    expect(proofs.isGood('k', proofs.prove('k'), 'user-7')).toBe(false);
  });
});
