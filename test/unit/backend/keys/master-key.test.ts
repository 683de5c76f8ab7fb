import { describe, expect, test } from 'vitest';
import { deriveMasterKey, parseMasterKeys } from '../../../../src/backend/keys/master-key.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

const vector = readVectors<Record<'masterKeyHex' | 'keyId' | 'sealingKeyHex' | 'proofKeyHex', string>>('master-key');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('master keys', () => {
  test('are taken apart as the golden vector says', () => {
    const key = deriveMasterKey(fromHex(vector.masterKeyHex));
    expect(key.id).toBe(vector.keyId);
    expect(hex(key.sealingKey)).toBe(vector.sealingKeyHex);
    expect(hex(key.proofKey)).toBe(vector.proofKeyHex);
  });

  test('are read from hex, base64 and base64url, with or without padding', () => {
    const bytes = Buffer.from(vector.masterKeyHex, 'hex');
    const texts = [
      vector.masterKeyHex,
      vector.masterKeyHex.toUpperCase(),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      ` ${bytes.toString('base64')}\n`,
    ];
    for (const text of texts) expect(parseMasterKeys([text], 'a test')[0].id).toBe(vector.keyId);
  });

  test('come as a list in the order given', () => {
    const other = Buffer.alloc(32, 9).toString('hex');
    const masterKeys = parseMasterKeys([other, vector.masterKeyHex], 'a test');
    expect(masterKeys).toHaveLength(2);
    expect(masterKeys[1]?.id).toBe(vector.keyId);
  });

  test.each(['', 'secret', '00'.repeat(31), '00'.repeat(33), Buffer.alloc(31).toString('base64'), '!'.repeat(43)])(
    'are refused when they are "%s"',
    async (text) => {
      const { message } = await failure('MASTER_KEY_INVALID', () => parseMasterKeys([text], 'the option masterKey'));
      expect(message).toMatch(/option masterKey.*openssl rand -base64 32/);
      if (text) expect(message).not.toContain(text);
    },
  );

  test('an empty list is refused; of several the wrong one is named', async () => {
    await failure('MASTER_KEY_INVALID', () => parseMasterKeys([], 'the option masterKey'));
    const error = await failure('MASTER_KEY_INVALID', () => parseMasterKeys([vector.masterKeyHex, 'x'], 'the list'));
    expect(error.message).toContain('Key 2 of the list');
  });
});
