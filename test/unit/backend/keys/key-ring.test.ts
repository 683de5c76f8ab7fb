import { describe, expect, test } from 'vitest';
import {
  checkOf,
  contextOf,
  decodeKeyRing,
  encodeKeyRing,
  type KeyPurpose,
  passesCheck,
  type WrappedKey,
} from '../../../../src/backend/keys/key-ring.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Check {
  purpose: KeyPurpose;
  id: string;
  keyHex: string;
  checkHex: string;
}
const { checks } = readVectors<{ checks: Check[] }>('key-checks');
const ring = readVectors<{ keyRing: string; keys: (Check & { wrappedHex: string })[] }>('key-ring');
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The ring of the golden vector, as an object to be spoilt. */
const parsed = (): { version: unknown; keys: Record<string, unknown>[] } => JSON.parse(ring.keyRing);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('the check of a key', () => {
  test.each(checks)('of purpose $purpose is that of its golden vector', ({ keyHex, checkHex, ...named }) => {
    expect(toHex(checkOf(fromHex(keyHex), named))).toBe(checkHex);
  });

  test('is passed by this key alone, for its purpose and id', () => {
    const [{ keyHex, checkHex, ...named }] = checks as [Check];
    const wrapped = { ...named, check: fromHex(checkHex) } as WrappedKey;
    expect(passesCheck(fromHex(keyHex), wrapped)).toBe(true);
    expect(passesCheck(fromHex(keyHex).with(0, 0), wrapped)).toBe(false);
    expect(passesCheck(fromHex(keyHex), { ...wrapped, purpose: 'proof' })).toBe(false);
    expect(passesCheck(fromHex(keyHex), { ...wrapped, id: '0102030405060708' })).toBe(false);
  });

  test('is passed by none when it has another length', () => {
    const [{ keyHex, checkHex, ...named }] = checks as [Check];
    for (const check of [fromHex(checkHex).subarray(1), new Uint8Array(), new Uint8Array(32)]) {
      expect(passesCheck(fromHex(keyHex), { ...named, check } as WrappedKey)).toBe(false);
    }
  });
});

test('a key is wrapped for its purpose and id', () => {
  expect(contextOf({ purpose: 'store', id: '0102030405060708' })).toEqual({
    application: 'pixstore',
    purpose: 'store key',
    key: '0102030405060708',
  });
});

describe('a key ring', () => {
  test('has the bytes of its golden vector', () => {
    const keys = decodeKeyRing(Buffer.from(ring.keyRing));
    expect(keys.map(({ wrapped }) => toHex(wrapped))).toEqual(ring.keys.map(({ wrappedHex }) => wrappedHex));
    expect(keys.map(({ check }) => toHex(check))).toEqual(ring.keys.map(({ checkHex }) => checkHex));
    expect(keys.map(({ from, until }) => [from, until])).toEqual([
      [1_700_000_000_000, null],
      [0, null],
      [0, 1_700_000_040_000],
      [0, null],
    ]);
    expect(Buffer.from(encodeKeyRing(keys)).toString()).toBe(ring.keyRing);
  });

  test('may have fields that a later pixstore adds', () => {
    const { keys } = parsed();
    const added = encode({ version: 1, made: 1, keys: keys.map((key) => ({ ...key, size: 32 })) });
    expect(decodeKeyRing(added)).toEqual(decodeKeyRing(Buffer.from(ring.keyRing)));
  });

  test.each([
    ['nothing', ''],
    ['half of it', ring.keyRing.slice(0, -20)],
    ['what is no JSON', '{version:1}'],
    ['null', 'null'],
    ['a number', '1'],
    ['a list', '[]'],
    ['no version', '{"keys":[]}'],
    ['the version of a later pixstore', '{"version":2,"keys":[]}'],
    ['a version as text', '{"version":"1","keys":[]}'],
    ['no keys', '{"version":1}'],
    ['keys that are no list', '{"version":1,"keys":{}}'],
    ['keys that are a text', '{"version":1,"keys":"map"}'],
    ['a key that is null', '{"version":1,"keys":[null]}'],
    ['a key that is a text', '{"version":1,"keys":["store"]}'],
  ])('is not %s', async (_, text) => {
    await failure('SEALED_KEY_INVALID', () => decodeKeyRing(Buffer.from(text)));
  });

  test('is no text with bytes that are no UTF-8', async () => {
    const bytes = Buffer.from(ring.keyRing.replace('a1cdb5d3b7e60ea0', 'ÿ'), 'latin1');
    await failure('SEALED_KEY_INVALID', () => decodeKeyRing(bytes));
  });

  test('has no more bytes than any that is made', async () => {
    const bytes = encode({ ...parsed(), padding: ' '.repeat(256 * 1024) });
    await failure('SEALED_KEY_INVALID', () => decodeKeyRing(bytes));
  });

  test.each([
    ['purpose', ['Store', 'constructor', '', 1, null, undefined]],
    ['id', ['', 'E0E1E2E3E4E5E6E7', 'e0e1e2e3e4e5e6e', 'e0e1e2e3e4e5e6e7\n', 1, null, undefined]],
    ['wrapper', [1, null, undefined, {}]],
    ['wrapped', [1, null, undefined, []]],
    ['check', [1, null, undefined, []]],
    ['from', ['0', null, undefined]],
    ['until', ['0', undefined, {}, false]],
  ] as const)('has no key whose %s is another than it can be', async (field, values) => {
    for (const value of values) {
      const spoilt = parsed();
      spoilt.keys = spoilt.keys.map((key, index) => (index === 1 ? { ...key, [field]: value } : key));
      const { message } = await failure('SEALED_KEY_INVALID', () => decodeKeyRing(encode(spoilt)));
      expect(message).toContain('Restore');
    }
  });
});
