import { describe, expect, test } from 'vitest';
import { isImageId, isImageKey, isToken, normalizeDir } from '../../../src/shared/image-id.js';

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

  test('folder names are trimmed, lower-cased and stripped of other characters', () => {
    expect(normalizeDir('  My Photos! ')).toBe('myphotos');
    expect(normalizeDir('a_b-1')).toBe('a_b-1');
    expect(normalizeDir('../ä:')).toBe('');
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
