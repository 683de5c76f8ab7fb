import { describe, expect, test } from 'vitest';
import { sharpProcessing } from '../../../src/processing/index.js';
import { failure } from '../../support/errors.js';
import { readDocument, tableRowsOf } from '../docs/markdown.js';

const wordsOf = (variants: object, dir = '') => sharpProcessing({ variants } as never).definitions(dir);

describe('what is refused', () => {
  test.each<[object, RegExp]>([
    [{ variant: {} }, /no option "variant"/],
    [{ variants: { Thumb: { width: 1 } } }, /"variants.Thumb" must be named by/],
    [{ variants: { '': { width: 1 } } }, /named by/],
    [{ variants: { ['x'.repeat(65)]: { width: 1 } } }, /named by/],
    [{ variants: { thumb: {} } }, /"variants.thumb" must be given a width, a height or both/],
    [{ variants: { thumb: { width: 0 } } }, /"variants.thumb.width" must be a whole number from 1 to 4096/],
    [{ variants: { thumb: { width: 4097 } } }, /"variants.thumb.width"/],
    [{ variants: { thumb: { width: 100, fit: 'cover' } } }, /both width and height/],
    [{ variants: { thumb: { width: 100, fit: 'fill' } } }, /"variants.thumb.fit" must be one of inside,cover/],
    [{ variants: { thumb: { width: 100, format: 'bmp' } } }, /"variants.thumb.format" must be one of/],
    [{ variants: { thumb: { width: 100, quality: 101 } } }, /"variants.thumb.quality"/],
    [{ variants: { thumb: { width: 100, widht: 1 } } }, /"thumb" has no option "widht"/],
    [{ variants: { thumb: null } }, /takes an object/],
    [{ folders: { avatars: {} } }, /"folders.avatars" must be given its variants/],
    [{ folders: { Avatars: { variants: {} } } }, /named by/],
    [{ folders: { avatars: { variants: { thumb: {} } } } }, /"folders.avatars.variants.thumb"/],
    [{ folders: { avatars: { variants: { thumb: { width: 0 } } } } }, /"folders.avatars.variants.thumb.width"/],
    [{ convert: { webp: 'png' } }, /no option "webp"/],
    [{ convert: { heic: 'heic' } }, /"heic" must be one of/],
    [{ verify: true }, /"verify" must be one of decode/],
    [{ maxDecodePixels: 0 }, /"maxDecodePixels"/],
    [{ concurrency: 4 }, /"concurrency" must be a whole number from 1 to 3/],
    [{ timeout: 0 }, /"timeout"/],
  ])('%j', async (options, message) => {
    expect((await failure('CONFIG_INVALID', () => sharpProcessing(options as never))).message).toMatch(message);
  });
});

describe('the word of a definition', () => {
  test('is of letters and digits, and the same whenever it is asked for', () => {
    const [word = ''] = wordsOf({ thumb: { width: 160 } }).values();
    expect(word).toMatch(/^[a-z0-9]{1,64}$/);
    expect([...wordsOf({ thumb: { width: 160 } }).values()]).toEqual([word]);
  });

  test('does not care what is said in full', () => {
    const full = { width: 160, fit: 'inside', format: 'webp', quality: 80 };
    expect(wordsOf({ thumb: full })).toEqual(wordsOf({ thumb: { width: 160 } }));
    expect(wordsOf({ a: { width: 160, format: 'png', quality: 3 } })).toEqual(
      wordsOf({ a: { width: 160, format: 'png' } }),
    );
  });

  test('is another one for whatever makes another picture', () => {
    const others = [
      { width: 161 },
      { height: 160 },
      { width: 160, height: 160 },
      { width: 160, height: 160, fit: 'cover' },
      { width: 160, format: 'jpg' },
      { width: 160, quality: 79 },
    ];
    const words = others.flatMap((definition) => [...wordsOf({ thumb: definition }).values()]);
    expect(new Set([...words, ...wordsOf({ thumb: { width: 160 } }).values()]).size).toBe(others.length + 1);
  });
});

test('a folder has its own variants in place of the others', () => {
  const processing = sharpProcessing({
    variants: { thumb: { width: 160 }, card: { width: 640 } },
    folders: { avatars: { variants: { small: { width: 32 } } }, scans: { variants: {} } },
  });
  const namesOf = (dir: string) => [...processing.definitions(dir).keys()];
  expect([namesOf(''), namesOf('other')]).toEqual([
    ['thumb', 'card'],
    ['thumb', 'card'],
  ]);
  expect([namesOf('avatars'), namesOf('scans')]).toEqual([['small'], []]);
});

test('placeholders are made when they are asked for', () => {
  expect(sharpProcessing().placeholders).toBe(false);
  expect(sharpProcessing({ placeholders: true }).placeholders).toBe(true);
});

describe('docs/processing.md', () => {
  const documented = tableRowsOf(readDocument('docs/processing.md'))
    .map(([names = '', byDefault = '']) => [[...names.matchAll(/`([A-Za-z]+)`/g)].map(([, name]) => name), byDefault])
    .filter(([names]) => names?.length) as [string[], string][];
  const namesIn = (message: string) => (/It has: (.*)\.$/.exec(message)?.[1] ?? '').split(', ');

  test('lists every option, and none besides', async () => {
    const ofAll = await failure('CONFIG_INVALID', () => sharpProcessing({ none: 0 } as never));
    const ofVariant = await failure('CONFIG_INVALID', () => wordsOf({ thumb: { none: 0 } }));
    const expected = [ofAll, ofVariant].flatMap(({ message }) => namesIn(message));
    expect(documented.flatMap(([names]) => names).sort()).toEqual(expected.sort());
  });

  test('says their defaults', () => {
    const defaults = Object.fromEntries(documented.map(([[name = ''], value]) => [name, value]));
    expect(defaults).toMatchObject({ maxDecodePixels: '`50000000`', concurrency: '`3`', timeout: '`30000`' });
    const inFull = { fit: 'inside', format: 'webp', quality: 80 };
    expect(defaults).toMatchObject({ fit: '`inside`', format: '`webp`', quality: '`80`' });
    expect(wordsOf({ thumb: { width: 160, ...inFull } })).toEqual(wordsOf({ thumb: { width: 160 } }));
  });
});
