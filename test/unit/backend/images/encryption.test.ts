import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encryptImage } from '../../../../src/backend/images/encryption.js';
import type { ImageFormat } from '../../../../src/types/index.js';
import { turnsDuring } from '../../../support/turns.js';
import { fromHex, readVectors } from '../../../support/vectors.js';

interface Vector {
  format: ImageFormat;
  formatByte: number;
  imageHex: string;
  keyHex: string;
  ivHex: string;
  tagHex: string;
  ciphertextHex: string;
}
const { images } = readVectors<{ images: Vector[] }>('images');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function decrypt({ key, iv, tag, ciphertext }: Awaited<ReturnType<typeof encryptImage>>): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

describe('encryption of images', () => {
  test.each(images)('a $format has the bytes of its golden vector', async (vector) => {
    const random = [vector.keyHex, vector.ivHex].map(fromHex);
    const encrypted = await encryptImage(vector.format, fromHex(vector.imageHex), () => random.shift() as Uint8Array);
    expect(hex(encrypted.ciphertext)).toBe(vector.ciphertextHex);
    expect(hex(encrypted.tag)).toBe(vector.tagHex);
  });

  // Both ways of encrypting: on this thread, and on the thread pool.
  test.each([1, 5_000, 64 * 1024, 64 * 1024 + 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])(
    '%i bytes come back, after the format byte',
    async (size) => {
      const image = randomBytes(size);
      const encrypted = await encryptImage('webp', image, randomBytes);
      expect(encrypted.ciphertext).toHaveLength(size + 1);
      expect(decrypt(encrypted).equals(Buffer.concat([Buffer.of(2), image]))).toBe(true);
    },
  );

  test.each([1_000, 500_000])('%i bytes are taken at once: their owner may reuse the buffer', async (size) => {
    const image = new Uint8Array(size).fill(1);
    const encrypting = encryptImage('png', image, randomBytes);
    image.fill(2);
    expect(decrypt(await encrypting)[1]).toBe(1);
  });

  test('every call has a key and an IV of its own', async () => {
    const twice = await Promise.all([1, 2].map(() => encryptImage('png', Buffer.of(1), randomBytes)));
    expect(new Set(twice.map(({ key }) => hex(key))).size).toBe(2);
    expect(new Set(twice.map(({ iv }) => hex(iv))).size).toBe(2);
  });

  test('of a large image gives everybody else a turn after each MiB', async () => {
    const mebibytes = 20;
    const bytes = new Uint8Array(mebibytes * 1024 * 1024);
    const turns = await turnsDuring(() => encryptImage('png', bytes, randomBytes));
    expect(turns).toBeGreaterThanOrEqual(mebibytes - 1);
  });
});
