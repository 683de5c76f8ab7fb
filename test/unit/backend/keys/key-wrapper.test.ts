import { describe, expect, test } from 'vitest';
import { isKeyWrapper, requireKeyWrapper } from '../../../../src/backend/keys/key-wrapper.js';
import { failure } from '../../../support/errors.js';

const functions = { wrap: () => new Uint8Array(), unwrap: () => new Uint8Array() };

class Wrapper {
  readonly id = 'a class';
  wrap = functions.wrap;
  unwrap(): Uint8Array {
    return new Uint8Array();
  }
}

describe('a key wrapper', () => {
  test.each([
    { ...functions, id: 'k' },
    { ...functions, id: 'arn:aws:kms:eu-central-1:111122223333:key/ä €'.padEnd(256, 'x') },
    new Wrapper(),
  ])('is taken when it is one: %j', (wrapper) => {
    expect(isKeyWrapper(wrapper)).toBe(true);
    expect(requireKeyWrapper(wrapper, 'the option masterKey')).toBe(wrapper);
  });

  test.each([
    [undefined, 'is undefined'],
    [null, 'is null'],
    ['a secret', 'is a string'],
    [() => {}, 'is a function'],
    [Promise.resolve(new Wrapper()), 'is a promise (await it first)'],
    [{ ...functions }, 'has no id'],
    [{ ...functions, id: 7 }, 'has no id'],
    [{ ...functions, id: '' }, 'has no id'],
    [{ ...functions, id: 'x'.repeat(257) }, 'has no id'],
    [{ ...functions, id: 'a secret\n' }, 'has no id'],
    [{ ...functions, id: 'a secret \ud800' }, 'has no id'],
    [{ id: 'a secret', unwrap: functions.unwrap }, 'has no function wrap'],
    [{ id: 'a secret', wrap: functions.wrap, unwrap: 'no' }, 'has no function unwrap'],
  ])('is refused when it is %j: it %s', async (value, problem) => {
    expect(isKeyWrapper(value)).toBe(false);
    const { message } = await failure('CONFIG_INVALID', () => requireKeyWrapper(value, 'the option masterKey'));
    expect(message).toContain(`The key wrapper in the option masterKey ${problem}`);
    expect(message).not.toContain('a secret');
  });
});
