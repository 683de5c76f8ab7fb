import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { inspectImage } from '../../../../../src/backend/images/inspect.js';
import { stripImage } from '../../../../../src/backend/images/metadata/strip.js';
import { failure } from '../../../../support/errors.js';
import { secret, seenIn, tellingPictures, trailer } from '../../../../support/metadata.js';
import { photo } from '../../../../support/photos.js';

const pictures = await tellingPictures();

describe.each(pictures)('$name', ({ format, bytes }) => {
  // First of all: the others would not see it any more.
  test.each([Buffer.from(bytes), new Uint8Array(bytes)])(
    'is not written to, whatever it is given as',
    async (given) => {
      await stripImage(given, format, true);
      expect(bytes.equals(given)).toBe(true);
    },
  );

  test('tells nothing afterwards, and is seen the same', async () => {
    expect(bytes.includes(secret)).toBe(true);
    const stripped = Buffer.from(await stripImage(bytes, format, true));
    expect(stripped.includes(secret)).toBe(false);
    expect(stripped.includes('GPS')).toBe(false);
    expect(stripped.length).toBeLessThan(bytes.length);
    expect(await seenIn(stripped)).toEqual(await seenIn(bytes));
    expect(inspectImage(stripped, [format])).toEqual(inspectImage(bytes, [format]));
  });

  test('has nothing to strip a second time', async () => {
    const once = await stripImage(bytes, format, true);
    expect((await stripImage(once, format, true)) === once).toBe(true);
  });

  test('stays as it is when it is told to', async () => {
    expect((await stripImage(bytes, format, false)) === bytes).toBe(true);
  });
});

describe('photos', () => {
  test.each(['astronaut.jpg', 'hubble.jpg', 'cat.png', 'coffee.webp', 'brick.webp'])(
    '%s, which tells nothing, is itself',
    (name) => {
      const bytes = photo(name);
      const format = name.slice(-4) === 'webp' ? 'webp' : name.endsWith('png') ? 'png' : 'jpg';
      expect(stripImage(bytes, format, true) === bytes).toBe(true); // and without a promise
    },
  );
});

describe('what is not certain', () => {
  const broken = Buffer.concat([photo('cat.png').subarray(0, -12), Buffer.from('no chunk at all'), trailer]);

  test('is refused, and says why and what to do', async () => {
    const error = await failure('IMAGE_NOT_STRIPPABLE', () => stripImage(broken, 'png', true));
    expect(error.message).toBe(
      'The metadata of this picture cannot be removed with certainty: a chunk goes on behind its end. Save it anew with another program; or set stripMetadata to "best-effort", which keeps such pictures as they are.',
    );
  });

  test('is kept as it is when that is the wish', async () => {
    expect((await stripImage(broken, 'png', 'best-effort')) === broken).toBe(true);
  });

  test('does not keep what is certain from being stripped', async () => {
    const [{ bytes, format } = { bytes: Buffer.alloc(0), format: 'jpg' as const }] = pictures;
    expect(Buffer.from(await stripImage(bytes, format, 'best-effort')).includes(secret)).toBe(false);
  });
});

// Decoders look at all items, and refuse a picture one of whose items is not there.
test('an AVIF is not cut off where one of its items goes on behind the picture', async () => {
  const file = readFileSync(new URL('../../../../fixtures/pictures/item-behind-the-picture.avif', import.meta.url));
  const stripped = await stripImage(file, 'avif', true);
  expect(await pixels(stripped)).toEqual(await pixels(file));
});

const pixels = (file: Uint8Array) => sharp(file).raw().toBuffer();
