import { expect, test } from 'vitest';
import { decrypt, toPicture, withRoomForTag } from '../../../../src/frontend/loading/decrypt.js';
import { decodeMeta } from '../../../../src/frontend/loading/record.js';
import { mimeTypeOf } from '../../../../src/shared/protocol/formats.js';
import type { DecryptionKey } from '../../../../src/shared/protocol/payload.js';
import type { ImageFormat } from '../../../../src/types/index.js';
import { sealImage } from '../sealed-image.js';

const formats = ['png', 'webp', 'jpg', 'gif', 'avif'] as const;

async function decryptImage(ciphertext: Uint8Array, key: DecryptionKey, allowed: readonly ImageFormat[]) {
  return toPicture(await decrypt(withRoomForTag(ciphertext), key), allowed.map(mimeTypeOf));
}

test.each([
  [1, 'image/png'],
  [2, 'image/webp'],
  [3, 'image/jpeg'],
  [4, 'image/jpeg'],
  [16, 'image/gif'],
  [17, 'image/avif'],
])('format byte %i becomes %s, with the same bytes', async (formatByte, type) => {
  const { record, ciphertext, bytes } = await sealImage({ formatByte });
  const image = await decryptImage(ciphertext, decodeMeta(record.meta), formats);
  expect(image.type).toBe(type);
  expect(image.bytes).toEqual(bytes);
});

test.each([
  [2, 'not list webp'],
  [99, 'not list its format'],
])('format byte %i is refused when only png is allowed', async (formatByte, words) => {
  const { record, ciphertext } = await sealImage({ formatByte });
  await expect(decryptImage(ciphertext, decodeMeta(record.meta), ['png'])).rejects.toMatchObject({
    code: 'FORMAT_REFUSED',
    message: expect.stringContaining(words),
  });
});

test.each(['key', 'iv', 'tag'] as const)('one flipped bit of the %s is DECRYPTION_FAILED', async (part) => {
  const { record, ciphertext } = await sealImage();
  const key = decodeMeta(record.meta);
  key[part][0] = (key[part][0] ?? 0) ^ 1;
  await expect(decryptImage(ciphertext, key, formats)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
});

test('one flipped bit of the ciphertext is DECRYPTION_FAILED', async () => {
  const { record, ciphertext } = await sealImage();
  ciphertext[5] = (ciphertext[5] ?? 0) ^ 1;
  await expect(decryptImage(ciphertext, decodeMeta(record.meta), formats)).rejects.toMatchObject({
    code: 'DECRYPTION_FAILED',
  });
});

test('too few bytes to hold a tag are DECRYPTION_FAILED', async () => {
  const { record } = await sealImage();
  await expect(decrypt(new Uint8Array(7), decodeMeta(record.meta))).rejects.toMatchObject({
    code: 'DECRYPTION_FAILED',
  });
});
