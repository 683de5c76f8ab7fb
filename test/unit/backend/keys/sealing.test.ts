import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ImageInfo } from '../../../../src/backend/keys/image-info.js';
import { deriveMasterKey } from '../../../../src/backend/keys/master-key.js';
import { type KeyOwner, type OpeningKeys, sealKey, unsealKey } from '../../../../src/backend/keys/sealing.js';
import { generationOf } from '../../../../src/stores/port.js';
import type { ImageFormat } from '../../../../src/types/index.js';
import { failure } from '../../../support/errors.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  id: string;
  variant?: string;
  token: number;
  generation: number;
  info: { format: ImageFormat; width: number; height: number; placeholderHex?: string };
  imageKeyHex: string;
  ivHex: string;
  sealedKeyHex: string;
}
const vectors = readVectors<{ folderKeyHex: string; sealedKeys: Vector[] }>('sealed-keys-2');
const firstVectors = readVectors<{ masterKeyHex: string; sealedKeys: (Vector & { imageKeyHex: string })[] }>(
  'sealed-keys',
);
const folderKey = { generation: 1, key: fromHex(vectors.folderKeyHex) };
const keys = { folderKey: () => folderKey.key, sealingKey: noKey };
const owner = { id: 'avatars:me', token: 1_700_000_000_000 };
const image = { key: new Uint8Array(32).fill(5), info: { format: 'png', width: 7, height: 9 } } as const;

function noKey(): never {
  throw new Error('This key should not be asked for.');
}

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('sealed keys', () => {
  test.each(vectors.sealedKeys)('of $id, $variant, at $token have the bytes of their golden vector', (vector) => {
    const { placeholderHex, ...size } = vector.info;
    const info: ImageInfo = { ...size, ...(placeholderHex && { placeholder: fromHex(placeholderHex) }) };
    const { generation } = vector;
    const sealed = sealKey({ key: fromHex(vector.imageKeyHex), info }, vector, { ...folderKey, generation }, () =>
      fromHex(vector.ivHex),
    );
    expect(toHex(sealed)).toBe(vector.sealedKeyHex);
    expect(generationOf(sealed)).toBe(generation);
    const opened = unsealKey(sealed, vector, keys);
    expect(toHex(opened.key)).toBe(vector.imageKeyHex);
    expect({ ...opened.info, placeholder: undefined }).toEqual({ ...size, placeholder: undefined });
    expect(toHex(opened.info?.placeholder ?? new Uint8Array())).toBe(placeholderHex ?? '');
  });

  test('never look the same twice', () => {
    const [one, two] = [1, 2].map(() => sealKey(image, owner, folderKey, randomBytes));
    expect(one).not.toEqual(two);
  });

  test('do not open for another image, part or version', async () => {
    const sealed = sealKey(image, owner, folderKey, randomBytes);
    const others: KeyOwner[] = [
      { ...owner, id: 'avatars:you' },
      { ...owner, id: 'me' },
      { ...owner, token: owner.token + 1 },
      { ...owner, variant: 'thumb' },
      { ...owner, id: 'avatars:me.thumb' },
    ];
    for (const other of others) await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, other, keys));
    const thumb = sealKey(image, { ...owner, variant: 'thumb' }, folderKey, randomBytes);
    for (const variant of [undefined, 'thum', 'thumb2']) {
      await failure('SEALED_KEY_INVALID', () => unsealKey(thumb, { ...owner, variant }, keys));
    }
  });

  test('have room for a placeholder of 65,535 bytes, and take no longer one', () => {
    const withPlaceholder = (length: number) => ({
      ...image,
      info: { ...image.info, placeholder: new Uint8Array(length) },
    });
    const sealed = sealKey(withPlaceholder(65_535), owner, folderKey, randomBytes);
    expect(unsealKey(sealed, owner, keys).info?.placeholder).toHaveLength(65_535);
    expect(() => sealKey(withPlaceholder(65_536), owner, folderKey, randomBytes)).toThrow(RangeError);
  });

  test('do not open with the key of another folder or generation', async () => {
    const sealed = sealKey(image, owner, folderKey, randomBytes);
    const other: OpeningKeys = { ...keys, folderKey: () => new Uint8Array(32).fill(1) };
    await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, owner, other));
  });

  test('do not open when any one byte was changed, and name another generation when that was', async () => {
    const sealed = sealKey(image, owner, folderKey, randomBytes);
    for (const [at, byte] of sealed.entries()) {
      const changed = sealed.slice();
      changed[at] = byte ^ 1;
      if (at >= 1 && at < 5) expect(generationOf(changed)).not.toBe(1);
      else await failure('SEALED_KEY_INVALID', () => unsealKey(changed, owner, keys));
    }
  });

  test('do not open when they are cut off, prolonged or empty', async () => {
    const sealed = sealKey(image, owner, folderKey, randomBytes);
    const cut = Array.from({ length: sealed.length }, (_, length) => sealed.subarray(0, length));
    for (const bytes of [...cut, Buffer.concat([sealed, Uint8Array.of(0)])]) {
      await failure('SEALED_KEY_INVALID', () => unsealKey(bytes, owner, keys));
    }
  });
});

describe('sealed keys of the first version', () => {
  const master = deriveMasterKey(fromHex(firstVectors.masterKeyHex));
  const firstKeys: OpeningKeys = {
    folderKey: noKey,
    sealingKey: (id) => (id === master.id ? master.sealingKey : new Uint8Array(32)),
  };

  test.each(firstVectors.sealedKeys)('of $id at $token open as their golden vectors', (vector) => {
    const [id, variant] = vector.id.split('.') as [string, string | undefined];
    const opened = unsealKey(fromHex(vector.sealedKeyHex), { id, variant, token: vector.token }, firstKeys);
    expect(toHex(opened.key)).toBe(vector.imageKeyHex);
    expect(opened.info).toBeNull();
  });

  test('do not open for another image or version, nor when any one byte was changed', async () => {
    const [vector] = firstVectors.sealedKeys;
    const sealed = fromHex(vector?.sealedKeyHex ?? '');
    await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, { ...owner, id: 'avatars:you' }, firstKeys));
    await failure('SEALED_KEY_INVALID', () => unsealKey(sealed, { ...owner, token: 1 }, firstKeys));
    for (const [at, byte] of sealed.entries()) {
      const changed = sealed.slice();
      changed[at] = byte ^ 1;
      await failure('SEALED_KEY_INVALID', () => unsealKey(changed, owner, firstKeys));
    }
  });
});
