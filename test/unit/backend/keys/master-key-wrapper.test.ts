import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { KeyWrapper } from '../../../../src/backend/keys/key-wrapper.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { masterKeyWrapper } from '../../../../src/backend/keys/master-key-wrapper.js';
import { unwrapKey, wrapKey } from '../../../../src/backend/keys/wrap-key.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  context: Record<string, string>;
  keyHex: string;
  ivHex: string;
  wrappedHex: string;
}
type Vectors = { masterKeyHex: string; keyId: string; wrappingKeyHex: string; wrappedKeys: Vector[] };
const vectors = readVectors<Vectors>('wrapped-keys');
const master = deriveMasterKey(fromHex(vectors.masterKeyHex));
const wrapper = masterKeyWrapper(master, randomBytes);
const key = new Uint8Array(32).fill(5);
const context = { purpose: 'store-key' };

/** It answers at once: a promise in its place is none of these bytes. */
const wrap = (by: KeyWrapper) => wrapKey(by, key, context) as Uint8Array;

describe('a master key as a wrapper', () => {
  test('has the id of the key, and a key of its own to wrap with', () => {
    expect(wrapper.id).toBe(vectors.keyId);
    expect(Buffer.from(master.wrappingKey).toString('hex')).toBe(vectors.wrappingKeyHex);
  });

  test.each(vectors.wrappedKeys)('wraps for $context as its golden vector says', ({ ivHex, ...vector }) => {
    const wrapped = masterKeyWrapper(master, () => fromHex(ivHex)).wrap(fromHex(vector.keyHex), vector.context);
    expect(Buffer.from(wrapped as Uint8Array).toString('hex')).toBe(vector.wrappedHex);
    expect(unwrapKey(wrapper, fromHex(vector.wrappedHex), vector.context)).toEqual(fromHex(vector.keyHex));
  });

  test('never wraps a key to the same bytes twice', () => {
    expect(wrap(wrapper)).not.toEqual(wrap(wrapper));
  });

  test('says of whatever does not open that the stored key is invalid, and nothing of wrappers', async () => {
    const wrapped = wrap(wrapper);
    const wrong = [
      ...Array.from(wrapped, (byte, at) => wrapped.with(at, byte ^ 1)),
      wrap(masterKeyWrapper(deriveMasterKey(new Uint8Array(32).fill(9)), randomBytes)),
      wrapped.subarray(1),
      wrapped.subarray(0, -1),
      Buffer.concat([wrapped, Uint8Array.of(0)]),
      Uint8Array.of(1),
      new Uint8Array(),
    ];
    for (const bytes of wrong) {
      const { message } = await failure('SEALED_KEY_INVALID', () => unwrapKey(wrapper, bytes, context));
      expect(message).not.toContain('wrapper');
    }
    await failure('SEALED_KEY_INVALID', () => unwrapKey(wrapper, wrapped, { purpose: 'proof-key' }));
  });

  test('tells contexts apart that are the same when written in a row', async () => {
    const wrapped = wrapKey(wrapper, key, { a: '1\nb=2' }) as Uint8Array;
    await failure('SEALED_KEY_INVALID', () => unwrapKey(wrapper, wrapped, { a: '1', b: '2' }));
    await failure('SEALED_KEY_INVALID', () => unwrapKey(wrapper, wrapped, { 'a=1\nb': '2' }));
  });
});
