import { describe, expect, test } from 'vitest';
import {
  belongsTo,
  folderOf,
  imageIdOf,
  isDir,
  isExistingDir,
  isImageId,
  isImageKey,
  isToken,
  joinId,
  variantOf,
} from '../../../../src/shared/protocol/image-id.js';

describe('image ids', () => {
  test.each(['k', 'avatars:me', 'a_b-c:K_-9', 'photos:lx2k3abc', 'a:k.thumb', 'k.w_320-x', 'x'.repeat(128)])(
    'takes %s',
    (id) => expect(isImageId(id)).toBe(true),
  );

  test.each([
    '',
    ':',
    ':k',
    'a:',
    'A:k',
    'a:b:c',
    'a/b',
    '..',
    '../k',
    'a:..',
    '%2e%2e',
    'a:%',
    'k\0',
    'k\n',
    '\nk',
    'a:k\r\n',
    'k k',
    'ä',
    'k.',
    '.k',
    'k.T',
    'k.a.b',
    'x'.repeat(129),
    'a'.repeat(10_000),
    `${'a'.repeat(10_000)}:k`,
    undefined,
    null,
    7,
    ['k'],
  ])('refuses %j', (id) => expect(isImageId(id)).toBe(false));

  test('a key of the application has neither folder nor variant', () => {
    expect(isImageKey('player-7')).toBe(true);
    for (const key of ['a:k', 'k.thumb', '', 'x'.repeat(129)]) expect(isImageKey(key)).toBe(false);
  });

  test('a folder has a name of 1 to 64 characters; earlier ones may be longer', () => {
    for (const dir of ['a', 'a_b-1', '7', 'x'.repeat(64)])
      expect([isDir(dir), isExistingDir(dir)]).toEqual([true, true]);
    expect([isDir('x'.repeat(65)), isExistingDir('x'.repeat(65))]).toEqual([false, true]);
    for (const dir of ['', ' a', 'a\n', 'A', 'ä', 'a.b', 'a:b', '../a', 'x'.repeat(511), 7, null, undefined, ['a']]) {
      expect([dir, isDir(dir), isExistingDir(dir)]).toEqual([dir, false, false]);
    }
  });
});

describe('parts of an image', () => {
  test.each([
    ['a:b', 'a:b', undefined, 'a'],
    ['b', 'b', undefined, ''],
    ['a:b.thumb', 'a:b', 'thumb', 'a'],
    ['b.w_320-x', 'b', 'w_320-x', ''],
  ])('%s is image %s, variant %s, in folder "%s"', (joined, id, variant, folder) => {
    expect(imageIdOf(joined)).toBe(id);
    expect(variantOf(joined)).toBe(variant);
    expect(folderOf(joined)).toBe(folder);
    expect(joinId(id, variant)).toBe(joined);
  });

  test('an empty variant is not the original: it makes no id', () => {
    expect(isImageId(joinId('a:b', ''))).toBe(false);
  });

  test('an image means all its parts, a variant means itself, and neither what begins alike', () => {
    const ids = [
      'x',
      'x.thumb',
      'x.w-1',
      'x.thumb2',
      'x1',
      'x1.thumb',
      'x-a',
      'x_',
      'X',
      'a:x',
      'a:x.thumb',
      'ax',
      'x:x',
    ];
    expect(ids.filter((id) => belongsTo(id, 'x'))).toEqual(['x', 'x.thumb', 'x.w-1', 'x.thumb2']);
    expect(ids.filter((id) => belongsTo(id, 'a:x'))).toEqual(['a:x', 'a:x.thumb']);
    expect(ids.filter((id) => belongsTo(id, 'x.thumb'))).toEqual(['x.thumb']);
  });
});

describe('tokens', () => {
  test('are whole numbers that JavaScript holds exactly', () => {
    for (const token of [0, 1, Number.MAX_SAFE_INTEGER]) expect(isToken(token)).toBe(true);
    for (const token of [Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 2 ** 53, '1', null]) {
      expect(isToken(token)).toBe(false);
    }
  });
});
