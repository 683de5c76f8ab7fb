import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspectImage } from '../../../../../src/backend/images/inspect.js';
import { stripImage } from '../../../../../src/backend/images/metadata/strip.js';
import { PixstoreError } from '../../../../../src/shared/index.js';
import { secret, seenIn, type TellingPicture, tellingPictures } from '../../../../support/metadata.js';

const pictures = await tellingPictures(16);

// Numbers that lengths, markers and names go wrong by.
const edges = [
  0, 1, 2, 8, 0x21, 0x2c, 0x3b, 0x7f, 0x80, 0xc0, 0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xe0, 0xe1, 0xe2, 0xfe, 0xff,
];

interface Change {
  /** From the beginning or, negative, from the end. */
  at: number;
  bytes: number[];
  kind: 'set' | 'insert' | 'remove';
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.oneof(fc.nat(400), fc.nat(4_000), fc.integer({ min: -300, max: -1 })),
  bytes: fc.array(fc.oneof(fc.constantFrom(...edges), fc.nat(255)), { minLength: 1, maxLength: 4 }),
  kind: fc.constantFrom('set', 'set', 'set', 'insert', 'remove'),
});

function mutate(bytes: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((before, { at, bytes: given, kind }) => {
    const from = ((at % before.length) + before.length) % before.length;
    const skipped = kind === 'insert' ? 0 : given.length;
    return Buffer.concat([
      before.subarray(0, from),
      Buffer.from(kind === 'remove' ? [] : given),
      before.subarray(from + skipped),
    ]);
  }, bytes);
}

/** Null when it is refused, by a code of ours. */
async function strip(bytes: Buffer, format: TellingPicture['format']): Promise<Buffer | null> {
  try {
    inspectImage(bytes, [format], { maxPixels: 1e6, maxFrames: 100 });
    return Buffer.from(await stripImage(bytes, format, true));
  } catch (error) {
    if (!(error instanceof PixstoreError)) throw error;
    expect(error.code).toMatch(/^IMAGE_/);
    return null;
  }
}

async function pixelsOf(bytes: Buffer): Promise<unknown> {
  return seenIn(bytes).then(
    (seen) => (seen as { pixels: string }).pixels,
    () => null,
  );
}

describe.each(['jpg', 'png', 'webp', 'gif', 'avif'] as const)('mutated %s', (format) => {
  const seeds = pictures.filter((picture) => picture.format === format);
  const file = fc
    .record({ seed: fc.constantFrom(...seeds), changes: fc.array(change, { minLength: 1, maxLength: 3 }) })
    .map(({ seed, changes }) => mutate(seed.bytes, changes));

  test('is refused, or tells nothing and is seen as it was', async () => {
    let stripped = 0;
    const property = fc.asyncProperty(file, async (bytes) => {
      const result = await strip(bytes, format);
      if (!result) return;
      stripped += 1;
      for (const word of secret.split(' ')) expect(result.includes(word), word).toBe(false);
      const before = await pixelsOf(bytes);
      if (before) expect((await pixelsOf(result)) === before).toBe(true);
    });
    await fc.assert(property, { numRuns: Number(process.env.PIXSTORE_FUZZ_RUNS ?? 250) });
    expect(stripped).toBeGreaterThan(10);
  });
});
