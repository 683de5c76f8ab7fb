import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newImageId, readSaveOptions, requireDir, requireImageId } from '../../../../src/backend/images/ids.js';
import { failure } from '../../../support/errors.js';

const idFor = (where?: unknown) => newImageId(readSaveOptions(where as string), randomBytes);

describe('ids of new images', () => {
  test('are random, 128 bits, and never the same', () => {
    const ids = Array.from({ length: 1000 }, () => idFor().id);
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  test('stand in their folder', () => {
    expect(idFor('avatars').id).toMatch(/^avatars:[A-Za-z0-9_-]{22}$/);
    expect(idFor({ dir: 'user_7-b' })).toMatchObject({ id: expect.stringMatching(/^user_7-b:/), chosen: false });
  });

  test('may be chosen by the application', () => {
    expect(idFor({ id: 'player-7' })).toEqual({ id: 'player-7', chosen: true });
    expect(idFor({ id: 'Player_7', dir: 'avatars' })).toEqual({ id: 'avatars:Player_7', chosen: true });
    expect(idFor({ id: 'avatars:7' })).toEqual({ id: 'avatars:7', chosen: true });
  });

  test.each(['', ' ', 'Avatars', ' a', 'my photos', 'a.b', 'a:b', '../', 'ä', 'a\n', 'x'.repeat(65)])(
    'a folder name is taken as it is given or refused: %j',
    async (dir) => {
      for (const where of [dir, { dir }, { dir, id: 'chosen' }]) {
        const { message } = await failure('IMAGE_DIR_INVALID', () => idFor(where));
        expect(message).toContain('1 to 64 characters of a-z, 0-9, _ and -');
      }
    },
  );

  test('a folder in a chosen id is a folder, too', async () => {
    await failure('IMAGE_DIR_INVALID', () => idFor({ id: `${'x'.repeat(65)}:7` }));
    await failure('IMAGE_ID_INVALID', () => idFor({ id: 'Avatars:7' }));
  });

  test('folders that earlier versions made can be named', () => {
    expect(requireImageId(`${'x'.repeat(65)}:7`)).toHaveLength(67);
    expect(requireDir('x'.repeat(65))).toHaveLength(65);
  });

  test.each([7, true, [], ['a'], { dir: 7 }, { dir: null }])('%j is no folder', async (where) => {
    await failure('IMAGE_DIR_INVALID', () => idFor(where));
  });

  test('an option that does not exist is named', async () => {
    const error = await failure('CONFIG_INVALID', () => idFor({ folder: 'a' }));
    expect(error.message).toContain('"folder"');
    for (const typo of ['dirr', 'Dir', 'audiance'])
      await failure('CONFIG_INVALID', () => idFor({ dir: 'a', [typo]: 'b' }));
  });

  test('a promise of options is not taken for options', async () => {
    const promise = Promise.resolve({ dir: 'internal' });
    const { message } = await failure('CONFIG_INVALID', () => idFor(promise));
    expect(message).toContain('a promise (await it first) was given');
    await failure('IMAGE_DIR_INVALID', () => idFor({ dir: Promise.resolve('internal') }));
  });

  test.each([
    '',
    'a b',
    '..',
    '../x',
    'a/b',
    'k\0',
    'k\n',
    '%',
    'k.thumb',
    'x'.repeat(129),
    'y'.repeat(10_000),
    7,
    null,
  ])('the chosen id %j breaks the grammar', async (id) => {
    await failure('IMAGE_ID_INVALID', () => idFor({ id }));
    const error = await failure('IMAGE_ID_INVALID', () => requireImageId(id));
    expect(error.message.length).toBeLessThan(250);
  });

  test('a chosen id with a folder of its own takes no second one', async () => {
    await failure('IMAGE_ID_INVALID', () => idFor({ dir: 'a', id: 'b:c' }));
  });
});
