import { readFile } from 'node:fs/promises';
import sharp, { type Color as SharpColor } from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { describe, expect, test } from 'vitest';
import type { MadeVariant, Picture } from '../../../src/backend/images/processing-port.js';
import { sharpProcessing, type VariantDefinition } from '../../../src/processing/index.js';
import { failure } from '../../support/errors.js';
import { metadataIn } from '../../support/exiftool.js';
import { photo, photoPath } from '../../support/photos.js';
import { pictureOf, wanted } from '../../support/processing.js';

type Variants = Record<string, VariantDefinition>;

async function make(picture: Picture, variants: Variants, verify?: 'decode'): Promise<MadeVariant[]> {
  const processing = sharpProcessing(verify ? { variants, verify } : { variants });
  return [...(await processing.process(picture, wanted(Object.keys(variants)))).variants];
}

async function makeOne(picture: Picture, definition: VariantDefinition): Promise<MadeVariant> {
  const [variant] = await make(picture, { one: definition });
  return variant as MadeVariant;
}

/** The cat, as a phone on its side takes it: EXIF says how it is to be turned, where it was taken, and with what. */
async function rotatedCat(): Promise<Picture> {
  const bytes = await sharp(photoPath('cat.png'))
    .rotate(90)
    .withExif({
      IFD0: { Make: 'Pixstore' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 30/1' },
    })
    .withMetadata({ orientation: 8 })
    .jpeg()
    .toBuffer();
  return pictureOf(bytes, 'jpg', 451, 300);
}

/** Red, green, blue and transparency in the middle. */
async function middleOf(bytes: Uint8Array): Promise<number[]> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * 4;
  return [...data.subarray(at, at + 4)];
}

const plain = (width: number, height: number, background: SharpColor) =>
  sharp({ create: { width, height, channels: 4, background } });
const orange = { r: 200, g: 100, b: 50 };

/** Every channel is at most so far from what it should be. */
function expectColour(found: number[], { r, g, b }: { r: number; g: number; b: number }, by = 2) {
  for (const [index, value] of [r, g, b].entries()) {
    expect(Math.abs((found[index] ?? NaN) - value), `${found}`).toBeLessThanOrEqual(by);
  }
}

describe('a turned photo with a place', () => {
  const variants: Variants = {
    thumb: { width: 160 },
    card: { width: 640 },
    square: { width: 100, height: 100, fit: 'cover' },
    photo: { width: 300, format: 'jpg' },
    lossless: { width: 200, format: 'png' },
  };

  test('is upright in every variant, in the proportions of 451 x 300', async () => {
    const made = await make(await rotatedCat(), variants);
    expect(made.map(({ name, width, height }) => [name, width, height])).toEqual([
      ['thumb', 160, 106],
      ['card', 451, 300],
      ['square', 100, 100],
      ['photo', 300, 200],
      ['lossless', 200, 133],
    ]);
    for (const { bytes, format, width, height } of made) {
      const header = await sharp(bytes).metadata();
      expect([header.format, header.width, header.height]).toEqual([format === 'jpg' ? 'jpeg' : format, width, height]);
    }
  });

  test('shows what the upright photo shows', async () => {
    const card = await makeOne(await rotatedCat(), { width: 90, format: 'png' });
    const expected = await sharp(photoPath('cat.png')).resize(90, 60, { fit: 'fill' }).removeAlpha().raw().toBuffer();
    const found = await sharp(card.bytes).removeAlpha().raw().toBuffer();
    const differences = found.map((value, index) => Math.abs(value - (expected[index] ?? 0)));
    expect(differences.reduce((sum, value) => sum + value, 0) / found.length).toBeLessThan(6);
  });

  test('has metadata, and no variant of it has any', async () => {
    const cat = await rotatedCat();
    expect(await metadataIn(cat.bytes)).toEqual(expect.arrayContaining(['EXIF:GPSLatitude', 'EXIF:Make']));
    for (const { bytes, name } of await make(cat, variants)) expect(await metadataIn(bytes), name).toEqual([]);
  });
});

describe('a picture that EXIF puts upside down', () => {
  const upsideDown = async (format: 'jpeg' | 'webp') => {
    const top = await plain(40, 20, 'red').png().toBuffer();
    const picture = plain(40, 40, 'blue').composite([{ input: top, gravity: 'north' }]);
    return picture.withMetadata({ orientation: 3 })[format]().toBuffer();
  };
  const topOf = async ({ bytes }: MadeVariant) =>
    middleOf(await sharp(bytes).extract({ left: 0, top: 0, width: 20, height: 4 }).png().toBuffer());
  const variant: VariantDefinition = { width: 20, format: 'png' };

  test('is turned, if it is JPEG', async () => {
    const made = await makeOne(pictureOf(await upsideDown('jpeg'), 'jpg', 40, 40), variant);
    expectColour(await topOf(made), { r: 0, g: 0, b: 255 }, 6);
  });

  test('is not turned, if it is WebP, since no browser turns that', async () => {
    const bytes = await upsideDown('webp');
    expect((await sharp(bytes).metadata()).orientation).toBe(3);
    expectColour(await topOf(await makeOne(pictureOf(bytes, 'webp', 40, 40), variant)), { r: 255, g: 0, b: 0 }, 6);
  });
});

test('EXIF that only sharp reads turns nothing: the size in browsers decides', async () => {
  const cat = await rotatedCat();
  const made = await makeOne({ ...cat, width: 300, height: 451 }, { width: 60 });
  expect([made.width, made.height]).toEqual([60, 90]);
  const { height } = await sharp(made.bytes).metadata();
  expect(height).toBe(90);
});

test('a size that its decoder does not find is refused', async () => {
  await failure('IMAGE_BROKEN', () => makeOne(pictureOf(photo('cat.png'), 'png', 300, 300), { width: 60 }));
});

test('what its decoder takes for another format is refused', async () => {
  await failure('IMAGE_BROKEN', () => makeOne(pictureOf(photo('cat.png'), 'webp', 451, 300), { width: 60 }));
});

test('no variant is larger than its picture', async () => {
  const cat = pictureOf(await sharp(photo('cat.png')).resize(45, 30).png().toBuffer(), 'png', 45, 30);
  const variants: Variants = { wide: { width: 160 }, square: { width: 90, height: 90, fit: 'cover' } };
  expect((await make(cat, variants)).map(({ width, height }) => [width, height])).toEqual([
    [45, 30],
    [30, 30],
  ]);
});

test('a variant a little smaller than the largest is made of the file, and as sharp as that', async () => {
  const cat = pictureOf(photo('cat.png'), 'png', 451, 300);
  const [, besides] = await make(cat, { large: { width: 440 }, besides: { width: 400, format: 'png' } });
  const alone = await makeOne(cat, { width: 400, format: 'png' });
  const pixelsOf = (variant?: MadeVariant) => sharp(variant?.bytes).raw().toBuffer();
  expect(Buffer.compare(await pixelsOf(besides), await pixelsOf(alone))).toBe(0);
});

test('quality and format are those that were asked for', async () => {
  const cat = pictureOf(photo('cat.png'), 'png', 451, 300);
  const [poor, rich, poorJpeg, richJpeg] = await make(cat, {
    poor: { width: 300, quality: 10 },
    rich: { width: 300, quality: 95 },
    'poor-jpeg': { width: 300, quality: 10, format: 'jpeg' },
    'rich-jpeg': { width: 300, quality: 95, format: 'jpeg' },
  });
  expect(poor?.bytes.length).toBeLessThan((rich?.bytes.length ?? 0) / 3);
  expect(poorJpeg?.bytes.length).toBeLessThan((richJpeg?.bytes.length ?? 0) / 3);
  expect([poor?.format, poorJpeg?.format]).toEqual(['webp', 'jpeg']);
});

describe('colours', () => {
  const variant: VariantDefinition = { width: 20, format: 'png' };

  test('of a wide profile stay what they are, as sRGB', async () => {
    const bytes = await plain(60, 40, orange).removeAlpha().withIccProfile('p3').png().toBuffer();
    // In the file stand other numbers, and a profile that says what they mean.
    const { data } = await sharp(bytes, { ignoreIcc: true } as never)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(Math.abs((data[0] ?? 0) - orange.r)).toBeGreaterThan(5);
    const made = await makeOne(pictureOf(bytes, 'png', 60, 40), variant);
    expectColour(await middleOf(made.bytes), orange);
    expect((await sharp(made.bytes).metadata()).hasProfile).toBe(false);
  });

  test('of 16 bits', async () => {
    const bytes = await plain(60, 40, orange).removeAlpha().toColourspace('rgb16').png().toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expectColour(await middleOf((await makeOne(pictureOf(bytes, 'png', 60, 40), variant)).bytes), orange);
  });

  test('of print (CMYK)', async () => {
    const grey = { r: 120, g: 120, b: 120 };
    const bytes = await plain(60, 40, grey).removeAlpha().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    expectColour(await middleOf((await makeOne(pictureOf(bytes, 'jpg', 60, 40), variant)).bytes), grey, 16);
  });

  test.each(['b-w', 'grey16'])('of grey (%s)', async (space) => {
    const grey = { r: 120, g: 120, b: 120 };
    const bytes = await plain(60, 40, grey).removeAlpha().toColourspace(space).png().toBuffer();
    expectColour(await middleOf((await makeOne(pictureOf(bytes, 'png', 60, 40), variant)).bytes), grey);
  });
});

describe('transparency', () => {
  const half = plain(60, 40, { ...orange, alpha: 0.5 });

  test.each(['webp', 'png'] as const)('stays in %s', async (format) => {
    const picture = pictureOf(await half.png().toBuffer(), 'png', 60, 40);
    const made = await makeOne(picture, { width: 20, format });
    expect((await middleOf(made.bytes))[3]).toBe(128);
  });

  test('is white in JPEG', async () => {
    const picture = pictureOf(
      await plain(60, 40, { ...orange, alpha: 0 })
        .png()
        .toBuffer(),
      'png',
      60,
      40,
    );
    const made = await makeOne(picture, { width: 20, format: 'jpg' });
    expectColour(await middleOf(made.bytes), { r: 255, g: 255, b: 255 });
  });
});

test('of an animation the first frame is shown', async () => {
  const frames = await Promise.all(
    ['red', 'green', 'blue'].map((background) => plain(40, 40, background).png().toBuffer()),
  );
  const bytes = await sharp(frames, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  expect((await sharp(bytes).metadata()).pages).toBe(3);
  for (const verify of [undefined, 'decode'] as const) {
    const [made] = await make(pictureOf(bytes, 'webp', 40, 40), { one: { width: 20, format: 'png' } }, verify);
    expect((await sharp(made?.bytes).metadata()).pages ?? 1).toBe(1);
    expectColour(await middleOf(made?.bytes ?? Buffer.alloc(0)), { r: 255, g: 0, b: 0 });
  }
});

describe('a placeholder', () => {
  const placeholderOf = async (picture: Picture, variants: Variants = {}) => {
    const processing = sharpProcessing({ variants, placeholders: true });
    const { placeholder } = await processing.process(picture, wanted(Object.keys(variants), { placeholder: true }));
    return placeholder ?? new Uint8Array();
  };

  test('is a ThumbHash of the upright picture, of some 25 bytes', async () => {
    const hash = await placeholderOf(await rotatedCat());
    expect(hash.length).toBeLessThan(30);
    expect(thumbHashToApproximateAspectRatio(hash)).toBeCloseTo(451 / 300, 0);
  });

  test('has the colour of the picture', async () => {
    const { r, g, b } = thumbHashToAverageRGBA(
      await placeholderOf(pictureOf(await plain(60, 40, orange).png().toBuffer(), 'png', 60, 40)),
    );
    expectColour([r * 255, g * 255, b * 255], orange, 6);
  });

  test('is nearly the same whether variants are made beside it or not', async () => {
    const cat = await rotatedCat();
    const alone = thumbHashToAverageRGBA(await placeholderOf(cat));
    const beside = thumbHashToAverageRGBA(await placeholderOf(cat, { card: { width: 400 } }));
    expect(Math.abs(alone.r - beside.r) + Math.abs(alone.g - beside.g) + Math.abs(alone.b - beside.b)).toBeLessThan(
      0.1,
    );
  });

  test('is not there unless it is asked for', async () => {
    const processing = sharpProcessing({ placeholders: true });
    expect((await processing.process(await rotatedCat(), wanted())).placeholder).toBeUndefined();
  });
});

test('of what sharp has for the whole process, the cache is off, and the rest as the application set it', async () => {
  sharp.cache(true);
  const before = [sharp.concurrency(), sharp.simd()];
  await make(await rotatedCat(), { thumb: { width: 100 } }, 'decode');
  expect([sharp.concurrency(), sharp.simd()]).toEqual(before);
  expect(sharp.cache()).toMatchObject({ memory: { current: 0, max: 0 }, items: { current: 0, max: 0 } });
});

test('importing the entry point loads no package that has to be installed', async () => {
  const entry = await readFile(new URL('../../../src/processing/index.ts', import.meta.url), 'utf8');
  expect(entry).not.toContain("from 'sharp'");
});
