import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  decodeKeyRing,
  encodeKeyRing,
  passesCheck,
  type WrappedKey,
} from '../../../../src/backend/keys/key-ring.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../../../src/backend/keys/master-key-wrapper.js';
import { type Begin, firstProofKeys, newKey, rewrapped, sealingKeys } from '../../../../src/backend/keys/new-keys.js';
import { countingWrapper } from '../../../support/wrappers.js';

const now = 1_700_000_000_000;
const masters = [1, 2].map((byte) => deriveMasterKey(new Uint8Array(32).fill(byte))) as [
  ReturnType<typeof deriveMasterKey>,
  ReturnType<typeof deriveMasterKey>,
];
const { wrapper } = countingWrapper('kms:one');
const begin: Begin = { wrapper, now, randomBytes };
const hour = 3_600_000;
const lifetime = 40_000;

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unwrap = (key: WrappedKey, by = wrapper) => by.unwrap(key.wrapped, contextOf(key)) as Promise<Uint8Array>;

describe('a new key', () => {
  test('is 32 random bytes under a random name, wrapped for its purpose by the wrapper of now', async () => {
    const made = await Promise.all([newKey('store', begin), newKey('store', begin), newKey('proof', begin)]);
    const keys = await Promise.all(made.map((each) => unwrap(each)));
    expect(new Set(keys.map(toHex)).size).toBe(3);
    expect(new Set(made.map(({ id }) => id)).size).toBe(3);
    for (const [index, each] of made.entries()) {
      expect(keys[index]).toHaveLength(32);
      expect(each).toMatchObject({ purpose: index < 2 ? 'store' : 'proof', wrapper: 'kms:one', from: 0, until: null });
      expect(passesCheck(keys[index] as Uint8Array, each)).toBe(true);
    }
  });

  test('begins and ends when it is told to', async () => {
    expect(await newKey('proof', begin, { from: now, until: now + 1 })).toMatchObject({ from: now, until: now + 1 });
  });
});

describe('a key that is wrapped anew', () => {
  test('keeps its name, its times and its bytes, under another wrapper', async () => {
    const wrapped = await newKey('proof', begin, { from: 5, until: now });
    const key = await unwrap(wrapped);
    const next = masterKeyWrapper(masters[0], randomBytes);
    const anew = await rewrapped({ key, wrapped }, { ...begin, wrapper: next });
    expect(anew).toMatchObject({ purpose: 'proof', id: wrapped.id, wrapper: masters[0].id, from: 5, until: now });
    expect(Buffer.from(await unwrap(anew, next)).equals(key)).toBe(true);
    expect(anew.check).toEqual(wrapped.check);
  });

  test('is so by the same wrapper, too, whose KMS may have rotated what is behind it', async () => {
    const wrapped = await newKey('store', begin);
    const key = await unwrap(wrapped);
    const anew = await rewrapped({ key, wrapped }, begin);
    expect(anew).toMatchObject({ id: wrapped.id, wrapper: wrapped.wrapper });
    expect(anew.wrapped).not.toEqual(wrapped.wrapped);
    expect(Buffer.from(await unwrap(anew)).equals(key)).toBe(true);
  });
});

describe('the proof keys that a store begins with', () => {
  test('are one that is good from ever, where nothing was sealed before', async () => {
    expect(await firstProofKeys([], lifetime, begin)).toMatchObject([{ purpose: 'proof', from: 0, until: null }]);
  });

  test('are those of its master keys for an hour more, where it has images, the first one before the others', async () => {
    const ring = encodeKeyRing(await firstProofKeys(masters, lifetime, begin));
    const [made, ...before] = decodeKeyRing(ring);
    expect(made).toMatchObject({ from: now + hour, until: null });
    const until = now + hour + lifetime;
    expect(before).toMatchObject([
      { from: 0, until },
      { from: -1, until },
    ]);
    const keys = await Promise.all(before.map((each) => unwrap(each)));
    expect(keys.map(toHex)).toEqual(masters.map(({ proofKey }) => toHex(proofKey)));
  });
});

test('the sealing keys of master keys are kept under the ids of these', async () => {
  const kept = await sealingKeys(masters, begin);
  expect(kept).toMatchObject(masters.map(({ id }) => ({ purpose: 'sealing', id, from: 0, until: null })));
  const keys = await Promise.all(kept.map((each) => unwrap(each)));
  expect(keys.map(toHex)).toEqual(masters.map(({ sealingKey }) => toHex(sealingKey)));
});
