import { randomBytes, randomFillSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RandomBytes } from '../../../../src/backend/images/encryption.js';
import { createPooledRandom } from '../../../../src/backend/images/random.js';
import type { ImageRecord } from '../../../../src/types/index.js';
import { openBackend } from '../../../support/backend.js';
import { failure } from '../../../support/errors.js';
import { openPayload } from '../../../support/payload.js';
import { photo } from '../../../support/photos.js';

describe('pooled randomness', () => {
  test('gives as many bytes as asked for, and none twice', () => {
    const random = createPooledRandom();
    const seen = new Set<string>();
    for (let round = 0; round < 10_000; round += 1) {
      const bytes = random(round % 2 ? 12 : 32);
      expect(bytes).toHaveLength(round % 2 ? 12 : 32);
      seen.add(Buffer.from(bytes).toString('hex'));
    }
    expect(seen.size).toBe(10_000);
    for (const piece of seen) expect(piece).not.toMatch(/^0+$/);
  });

  test('gives bytes of its own: changing them changes no others', () => {
    const random = createPooledRandom();
    const first = random(16);
    const copy = first.slice();
    random(16).fill(0);
    expect(first).toEqual(copy);
    expect(first.buffer.byteLength).toBe(16);
  });

  test.each([0, 4096, 10_000])('%i bytes at once', (length) =>
    expect(createPooledRandom()(length)).toHaveLength(length),
  );

  test('every value of a byte comes up', () => {
    const random = createPooledRandom();
    const counts = new Array(256).fill(0);
    for (let round = 0; round < 2_000; round += 1) for (const byte of random(32)) counts[byte] += 1;
    for (const count of counts) expect(count).toBeGreaterThan(100); // 250 expected
  });
});

describe('randomness of the application', () => {
  test.each([
    ['too short', () => randomBytes(11)],
    ['too long', () => randomBytes(4096)],
    ['nothing', () => undefined],
    ['empty', () => new Uint8Array()],
    ['text', (length: number) => 'x'.repeat(length)],
    ['a list', (length: number) => new Array(length).fill(7)],
    ['numbers of more bytes', (length: number) => new Uint32Array(length)],
    ['a promise', async (length: number) => randomBytes(length)],
  ])('that is %s encrypts nothing', async (_, given) => {
    const backend = await openBackend({ randomBytes: given as RandomBytes });
    const { message } = await failure('CONFIG_INVALID', () => backend.saveImage(photo('coffee.webp'), { id: 'one' }));
    expect(message).toContain('"randomBytes"');
    expect(backend.imageExists('one')).toBe(false);
  });

  test('may come in memory that is used again', async () => {
    const memory = new Uint8Array(64);
    const backend = await openBackend({ randomBytes: (length) => randomFillSync(memory).subarray(0, length) });
    const record = (await backend.saveImage(photo('coffee.webp'), { id: 'one' })) as ImageRecord;
    expect(backend.getImageRecord('one')).toEqual(record);
    const payload = await backend.customEndpointHelper('one', record.token, record.statelessProof);
    expect(openPayload(payload as Uint8Array, record).equals(photo('coffee.webp'))).toBe(true);
  });
});
