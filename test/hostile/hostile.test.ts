import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeIn } from '../../src/backend/images/intake.js';
import type { ImageFormat } from '../../src/types/index.js';
import { corpus, wholePictures } from './corpus.js';
import { watched } from './loop.js';

const options = {
  imageFormats: ['png', 'webp', 'jpg', 'gif', 'avif'] as ImageFormat[],
  maxPixels: 2 ** 28,
  maxFrames: 2_000,
  stripMetadata: true,
} as const;

const mebibyte = 1024 * 1024;
const longestStop = 50; // ms

/** As an upload is taken in, up to where it would be encrypted. */
const accept = (bytes: Uint8Array) => watched(async () => takeIn(bytes, options));

describe('hostile pictures', () => {
  test.each(corpus)('$name: $outcome, and the loop goes on', async ({ make, outcome }) => {
    const bytes = await make();
    await accept(bytes); // so that it is compiled
    const costs = [await accept(bytes), await accept(bytes), await accept(bytes)];
    expect(costs.map((cost) => cost.outcome)).toEqual([outcome, outcome, outcome]);
    // Others use the processor as well: the best of three is what it takes.
    expect(Math.min(...costs.map(({ stopped }) => stopped))).toBeLessThan(longestStop);
  });

  test('take no more memory than a copy of themselves', async () => {
    for (const { make, name } of corpus) {
      const bytes = await make();
      const before = process.memoryUsage();
      await accept(bytes);
      const after = process.memoryUsage();
      const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
      expect(grown / mebibyte, name).toBeLessThan(bytes.length / mebibyte + 100);
    }
  });
});

const whole = await wholePictures();

describe.each(Object.entries(whole))('%s', (_, bytes) => {
  test('is kept whole', async () => {
    expect((await accept(bytes)).outcome).toBeNull();
  });

  test.each(Array.from({ length: 19 }, (_, index) => index + 1))('cut off after %i/20 is no picture', async (part) => {
    const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 20));
    expect((await accept(cut)).outcome).toBe('IMAGE_TRUNCATED');
  });

  test('with a header of any bytes is kept or refused, with a code of its own', async () => {
    const codes = /^IMAGE_(TRUNCATED|NOT_RECOGNIZED|FORMAT_REFUSED|TOO_MANY_PIXELS|TOO_MANY_FRAMES|NOT_STRIPPABLE)$/;
    const places = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(places, async (changes) => {
      const changed = Buffer.from(bytes);
      for (const [at, byte] of changes) changed[at] = byte;
      const outcome = await Promise.resolve()
        .then(() => takeIn(changed, options))
        .then(
          () => null,
          (error: { code?: string }) => error.code ?? String(error),
        );
      if (outcome !== null) expect(outcome).toMatch(codes);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});
