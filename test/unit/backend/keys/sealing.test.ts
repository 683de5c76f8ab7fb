import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deriveMasterKey, type Keyring } from '../../../../src/backend/keys/master-key.js';
import { sealKey, unsealKey } from '../../../../src/backend/keys/sealing.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  id: string;
  token: number;
  imageKeyHex: string;
  ivHex: string;
  sealedKeyHex: string;
}
const vectors = readVectors<{ masterKeyHex: string; sealedKeys: Vector[] }>('sealed-keys');
const master = deriveMasterKey(fromHex(vectors.masterKeyHex));
const other = deriveMasterKey(new Uint8Array(32).fill(9));
const keyring: Keyring = [master];
const owner = { id: 'avatars:me', token: 1_700_000_000_000 };
const imageKey = new Uint8Array(32).fill(5);

describe('sealed keys', () => {
  test.each(vectors.sealedKeys)('the key of $id at $token has the bytes of its golden vector', (vector) => {
    const iv = fromHex(vector.ivHex);
    const sealed = sealKey(fromHex(vector.imageKeyHex), vector, master, () => iv);
    expect(Buffer.from(sealed).toString('hex')).toBe(vector.sealedKeyHex);
    expect(new Uint8Array(unsealKey(sealed, vector, keyring))).toEqual(fromHex(vector.imageKeyHex));
  });

  test('never look the same twice', () => {
    expect(sealKey(imageKey, owner, master, randomBytes)).not.toEqual(sealKey(imageKey, owner, master, randomBytes));
  });

  test('do not open for another image, nor for another version of the same image', async () => {
    const sealed = sealKey(imageKey, owner, master, randomBytes);
    await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, { ...owner, id: 'avatars:you' }, keyring));
    await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, { ...owner, token: owner.token + 1 }, keyring));
    await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, { ...owner, id: 'avatars:me.thumb' }, keyring));
  });

  test('do not open when any one byte was changed', async () => {
    const sealed = sealKey(imageKey, owner, master, randomBytes);
    for (const [at, byte] of sealed.entries()) {
      const changed = sealed.slice();
      changed[at] = byte ^ 1;
      const code = at >= 1 && at < 9 ? 'MASTER_KEY_MISMATCH' : 'SEALED_KEY_INVALID';
      await failure(code, () => unsealKey(changed, owner, keyring));
    }
  });

  test('do not open when they are cut off, prolonged or empty', async () => {
    const sealed = sealKey(imageKey, owner, master, randomBytes);
    const wrong = [new Uint8Array(), sealed.subarray(0, -1), Buffer.concat([sealed, Uint8Array.of(0)])];
    for (const bytes of wrong) await failure('SEALED_KEY_INVALID', () => unsealKey(bytes, owner, keyring));
  });

  test('open with any key of the keyring, whatever its place', async () => {
    const sealed = sealKey(imageKey, owner, master, randomBytes);
    expect(new Uint8Array(unsealKey(sealed, owner, [other, master]))).toEqual(imageKey);
    await failure('MASTER_KEY_MISMATCH', () => unsealKey(sealed, owner, [other]));
  });
});
