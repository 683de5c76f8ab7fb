import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { unwrapFolderKey, wrapFolderKey, wrappingKeyOf } from '../../../../src/backend/keys/folder-key.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  folder: string;
  generation: number;
  folderKeyHex: string;
  ivHex: string;
  wrappedHex: string;
}
const vectors = readVectors<{ storeKeyHex: string; storeKeyId: string; folderKeys: Vector[] }>('folder-keys');
const storeKey = { id: vectors.storeKeyId, key: fromHex(vectors.storeKeyHex) };
const owner = { folder: 'avatars', generation: 1 };
const key = new Uint8Array(32).fill(5);
const wrapped = wrapFolderKey(key, owner, storeKey, randomBytes);

describe('the key of a folder', () => {
  test.each(vectors.folderKeys)('$folder, generation $generation, has the bytes of its golden vector', (vector) => {
    const folderKey = fromHex(vector.folderKeyHex);
    const bytes = wrapFolderKey(folderKey, vector, storeKey, () => fromHex(vector.ivHex));
    expect(Buffer.from(bytes).toString('hex')).toBe(vector.wrappedHex);
    expect(wrappingKeyOf(bytes)).toBe(storeKey.id);
    expect(Uint8Array.from(unwrapFolderKey(bytes, vector, storeKey))).toEqual(folderKey);
  });

  test('is never wrapped to the same bytes twice', () => {
    expect(wrapFolderKey(key, owner, storeKey, randomBytes)).not.toEqual(wrapped);
  });

  test('does not open for another folder or generation, nor with another key of a store', async () => {
    for (const other of [
      { ...owner, folder: '' },
      { ...owner, folder: 'avatar' },
      { ...owner, generation: 2 },
      { folder: 'avatars\n1', generation: 1 },
    ]) {
      await failure('SEALED_KEY_INVALID', () => unwrapFolderKey(wrapped, other, storeKey));
    }
    const otherKey = { ...storeKey, key };
    await failure('SEALED_KEY_INVALID', () => unwrapFolderKey(wrapped, owner, otherKey));
  });

  test('does not open when any one byte was changed, and names another key of the store when that was', async () => {
    for (const [at, byte] of wrapped.entries()) {
      const changed = Uint8Array.from(wrapped).with(at, byte ^ 1);
      if (at >= 1 && at < 9) expect(wrappingKeyOf(changed)).not.toBe(storeKey.id);
      else await failure('SEALED_KEY_INVALID', () => unwrapFolderKey(changed, owner, storeKey));
    }
  });

  test('does not open when it is cut off, prolonged or empty', async () => {
    const cut = Array.from({ length: wrapped.length }, (_, length) => wrapped.subarray(0, length));
    for (const bytes of [...cut, Buffer.concat([wrapped, Uint8Array.of(0)])]) {
      expect(typeof wrappingKeyOf(bytes)).toBe('string');
      await failure('SEALED_KEY_INVALID', () => unwrapFolderKey(bytes, owner, storeKey));
    }
  });
});
