import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeKeyRing, encodeKeyRing, type KeyList } from '../../../../src/backend/keys/key-ring.js';
import { keepKnown, keySetOfMasters, type OpenedRing, openKeyRing } from '../../../../src/backend/keys/key-set.js';
import type { KeyWrapper } from '../../../../src/backend/keys/key-wrapper.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../../../src/backend/keys/master-key-wrapper.js';
import { newKey } from '../../../../src/backend/keys/new-keys.js';
import { createProofs } from '../../../../src/backend/keys/proofs.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';
import { countingWrapper } from '../../../support/wrappers.js';

interface Vectors {
  masterKeyHex: string;
  keyRing: string;
  keys: { purpose: string; id: string; keyHex: string }[];
  proofs: { keyId: string; id: string; audience?: string; now: number; windowLength: number; proof: string }[];
}
const vectors = readVectors<Vectors>('key-ring');
const bytes = Buffer.from(vectors.keyRing);
const wrapper = masterKeyWrapper(deriveMasterKey(fromHex(vectors.masterKeyHex)), randomBytes);
const toHex = (key: Uint8Array | undefined) => Buffer.from(key ?? []).toString('hex');

/** A master key opens it at once: a promise in its place has no set. */
const openNow = (...wrappers: KeyWrapper[]) => openKeyRing({ version: 4, bytes }, wrappers) as OpenedRing;

describe('a key ring that is opened', () => {
  test('has the keys of its golden vector, in the order of the ring', () => {
    const { keys, set } = openNow(wrapper);
    expect(keys.map(({ key }) => toHex(key))).toEqual(vectors.keys.map(({ keyHex }) => keyHex));
    const of = (purpose: string) => vectors.keys.filter((each) => each.purpose === purpose);
    expect(set.version).toBe(4);
    expect(set.storeKeys.map(({ id, key }) => [id, toHex(key)])).toEqual(
      of('store').map((each) => [each.id, each.keyHex]),
    );
    expect(set.proofKeys.map(({ key }) => toHex(key))).toEqual(of('proof').map(({ keyHex }) => keyHex));
    expect([...set.sealingKeys].map(([id, key]) => [id, toHex(key)])).toEqual(
      of('sealing').map((each) => [each.id, each.keyHex]),
    );
  });

  test.each(vectors.proofs)('makes the proof of its golden vector at $now for $audience', (vector) => {
    const { proofKeys } = openNow(wrapper).set;
    const proofs = createProofs(
      () => proofKeys,
      vector.windowLength,
      () => vector.now,
    );
    expect(proofs.prove(vector.id, vector.audience)).toBe(vector.proof);
  });

  test('checks proofs by every key that has not ended, and no longer', () => {
    const { proofKeys } = openNow(wrapper).set;
    const clock = { now: 0 };
    const proofs = createProofs(
      () => proofKeys,
      20_000,
      () => clock.now,
    );
    const [old] = vectors.proofs;
    for (const [now, good] of [
      [1_700_000_000_000, true],
      [1_700_000_019_999, true],
      [1_700_000_020_000, false], // its window has ended
    ] as const) {
      clock.now = now;
      expect(proofs.isGood('avatars:me', old?.proof ?? '')).toBe(good);
    }
    const ending = proofKeys.map((each) => ({ ...each, until: each.until && 1_700_000_005_000 }));
    const cut = createProofs(
      () => ending,
      20_000,
      () => clock.now,
    );
    clock.now = 1_700_000_004_999;
    expect(cut.isGood('avatars:me', old?.proof ?? '')).toBe(true);
    clock.now = 1_700_000_005_000;
    expect(cut.isGood('avatars:me', old?.proof ?? '')).toBe(false);
  });

  test('needs every wrapper that it names, and says how many are missing', async () => {
    const other = countingWrapper('kms:one').wrapper;
    const one = await failure('MASTER_KEY_MISMATCH', () => openNow(other));
    expect(one.message).toContain('a master key that was not given');
    const keys = [...decodeKeyRing(bytes), await newKey('store', { wrapper: other, now: 0, randomBytes })];
    const mixed = { version: 5, bytes: encodeKeyRing(keys) };
    const two = await failure('MASTER_KEY_MISMATCH', () => openKeyRing(mixed, []));
    expect(two.message).toContain('2 master keys that were not given');
    await failure('MASTER_KEY_MISMATCH', () => openKeyRing(mixed, [wrapper]));
    expect((await openKeyRing(mixed, [other, wrapper])).keys).toHaveLength(keys.length);
  });

  test('does not open when it is damaged, nor when a key was wrapped for another purpose or under another name', async () => {
    await failure('SEALED_KEY_INVALID', () => openKeyRing({ version: 1, bytes: bytes.subarray(1) }, [wrapper]));
    const [first, second, ...others] = decodeKeyRing(bytes);
    if (!first || !second) throw new Error('the vector has keys');
    const moved: KeyList[] = [
      [{ ...first, purpose: 'store' }, second, ...others],
      [{ ...first, id: '9999999999999999' }, second, ...others],
      [{ ...first, wrapped: second.wrapped, check: second.check }, ...others],
      [{ ...first, wrapped: new Uint8Array() }, ...others],
    ];
    for (const list of moved) {
      await failure('SEALED_KEY_INVALID', () => openKeyRing({ version: 1, bytes: encodeKeyRing(list) }, [wrapper]));
    }
  });

  test('does not take another key than was wrapped from a wrapper', async () => {
    const { wrapper: kms } = countingWrapper('kms:one');
    const ring = { version: 1, bytes: encodeKeyRing([await newKey('store', { wrapper: kms, now: 0, randomBytes })]) };
    const wrong = { ...kms, unwrap: async () => new Uint8Array(32).fill(1) };
    const { message } = await failure('KEY_WRAPPER_FAILED', () => openKeyRing(ring, [wrong]));
    expect(message).toContain('kms:one');
  });

  test('asks a wrapper for keys that are not known from another ring, and for no others', async () => {
    const { wrapper: kms, asked } = countingWrapper('kms:one');
    const begin = { wrapper: kms, now: 0, randomBytes };
    const first = [await newKey('store', begin), await newKey('proof', begin)];
    const known = await openKeyRing({ version: 1, bytes: encodeKeyRing(first) }, [kms]);
    const added = await newKey('proof', begin);
    asked.unwrap = 0;
    const next = await openKeyRing({ version: 2, bytes: encodeKeyRing([added, ...first]) }, [kms], known.keys);
    expect(asked.unwrap).toBe(1);
    expect(next.keys.slice(1).map(({ key }) => toHex(key))).toEqual(known.keys.map(({ key }) => toHex(key)));
  });

  test('takes a known key for one of the same name only if it passes its check', async () => {
    const { wrapper: kms, asked } = countingWrapper('kms:one');
    const wrapped = await newKey('store', { wrapper: kms, now: 0, randomBytes });
    asked.unwrap = 0;
    const known = [{ wrapped, key: new Uint8Array(32).fill(1) }];
    const opened = await openKeyRing({ version: 1, bytes: encodeKeyRing([wrapped]) }, [kms], known);
    expect(asked.unwrap).toBe(1);
    expect(opened.keys[0]?.key).not.toEqual(known[0]?.key);
  });
});

describe('of a key ring that does not open', () => {
  const before = openNow(wrapper);
  const list = decodeKeyRing(bytes);

  test('what goes on is kept, with the times of the new ring and the version of the old', () => {
    const ended = list.map((key) => (key.purpose === 'proof' ? { ...key, wrapper: 'other', until: 5 } : key));
    const { keys, set } = keepKnown({ version: 5, bytes: encodeKeyRing(ended) }, before);
    expect(set.version).toBe(4);
    expect(keys.map(({ key }) => toHex(key))).toEqual(before.keys.map(({ key }) => toHex(key)));
    expect(set.proofKeys.map(({ until }) => until)).toEqual([5, 5]);
  });

  test('what is not in it any more is forgotten, also when another key has its name', () => {
    const left = list.filter(({ purpose }) => purpose !== 'proof');
    const others = left.map((key) => (key.purpose === 'sealing' ? { ...key, purpose: 'proof' as const } : key));
    const { set } = keepKnown({ version: 5, bytes: encodeKeyRing(others) }, before);
    expect(set.proofKeys).toEqual([]);
    expect(set.sealingKeys.size).toBe(0);
    expect(set.storeKeys).toHaveLength(1);
  });
});

test('before there is a key ring, master keys make proofs and open images by themselves, the first one of late', () => {
  const masters = [1, 2].map((byte) => deriveMasterKey(new Uint8Array(32).fill(byte)));
  const set = keySetOfMasters(masters);
  expect(set).toMatchObject({ version: 0, storeKeys: [] });
  expect([...set.sealingKeys]).toEqual(masters.map(({ id, sealingKey }) => [id, sealingKey]));
  expect(set.proofKeys.map(({ key }) => key)).toEqual(masters.map(({ proofKey }) => proofKey));
  const [first, second] = masters.map(({ proofKey }) =>
    createProofs(
      () => [{ key: proofKey, from: 0, until: null }],
      20_000,
      () => 0,
    ).prove('k'),
  );
  const proofs = createProofs(
    () => set.proofKeys,
    20_000,
    () => 0,
  );
  expect(proofs.prove('k')).toBe(first);
  expect(proofs.isGood('k', second ?? '')).toBe(true);
});
