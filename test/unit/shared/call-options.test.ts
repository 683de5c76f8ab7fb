import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { readCallOptions, requireArrived } from '../../../src/shared/call-options.js';
import { failure } from '../../support/errors.js';

const read = (given: unknown) => readCallOptions(given, ['dir', 'id'], 'saveImage');

describe('the options of a call', () => {
  test('are a plain object, of whatever realm', () => {
    const bare = Object.assign(Object.create(null), { id: 'a' });
    for (const given of [{}, { dir: 'a' }, { dir: 'a', id: undefined }, bare, runInNewContext('({ id: 7 })')]) {
      expect(read(given)).toBe(given);
    }
  });

  test.each([
    ['a string', 'user-7'],
    ['a number', 0],
    ['a list', []],
    ['null', null],
    ['a function', () => {}],
    ['a promise (await it first)', Promise.resolve({})],
    ['another object', new Map()],
    ['another object', new (class User {})()],
    ['another object', Object.create({ dir: 'inherited' })],
  ])('%s is none', async (kind, given) => {
    const { message } = await failure('CONFIG_INVALID', () => read(given));
    expect(message).toBe(`The options of saveImage are an object (it may have dir, id); ${kind} was given.`);
  });

  test('that are unknown are named, with those that there are', async () => {
    const { message } = await failure('CONFIG_INVALID', () => read({ id: 'a', dirr: 'b' }));
    expect(message).toBe('The call of saveImage has no option "dirr". It has: dir, id.');
    for (const name of ['toString', 'constructor', 'Dir', '']) {
      await failure('CONFIG_INVALID', () => read({ [name]: 'a' }));
    }
  });
});

describe('options that decide who may see something', () => {
  const check = (given: unknown) => requireArrived(given, ['masterKey', 'authorize'], 'a test');

  test('may be left out, or be anything; what it may be is for others to say', () => {
    for (const given of [undefined, null, 7, {}, { masterKey: null }, { authorize: 'x' }, { other: undefined }]) {
      expect(() => check(given)).not.toThrow();
    }
  });

  test('are refused when they are there and undefined, and so is a promise of them', async () => {
    const { message } = await failure('CONFIG_INVALID', () => check({ masterKey: undefined }));
    expect(message).toContain('"masterKey" of a test is there, but undefined');
    await failure('CONFIG_INVALID', () => check({ masterKey: 'a', authorize: undefined }));
    await failure('CONFIG_INVALID', () => check(Promise.resolve({ masterKey: 'a' })));
  });
});
