import { describe, expect, test } from 'vitest';
import {
  isListOf,
  isLogger,
  isRoute,
  isText,
  isWholeNumber,
  type OptionRule,
  readOptions,
} from '../../../src/shared/options.js';
import { failure } from '../../support/errors.js';

const rules: Record<'port' | 'host', OptionRule> = {
  port: [isWholeNumber(1, 100), 80],
  host: [isText],
};
const read = (given: unknown) => readOptions<{ port: number; host?: string }>(given, rules, 'A test');

describe('options', () => {
  test('are completed with defaults; those without one stay absent', () => {
    expect(read(undefined)).toEqual({ port: 80 });
    expect(read({})).toEqual({ port: 80 });
    expect(read({ port: undefined, host: 'a' })).toEqual({ port: 80, host: 'a' });
  });

  test('that are unknown are named, with those that there are', async () => {
    const { message } = await failure('CONFIG_INVALID', () => read({ Port: 1 }));
    expect(message).toBe('A test has no option "Port". It has: port, host.');
    await failure('CONFIG_INVALID', () => read({ colour: 1 }));
    await failure('CONFIG_INVALID', () => read({ toString: 1 }));
  });

  test('of a wrong value are named, with what they must be', async () => {
    const { message } = await failure('CONFIG_INVALID', () => read({ port: 101 }));
    expect(message).toBe('The option "port" must be a whole number from 1 to 100.');
    for (const port of ['80', 0, 1.5, Number.NaN, {}]) await failure('CONFIG_INVALID', () => read({ port }));
  });

  test.each([7, 'port=80', [], () => {}])('%s is no set of options', async (given) => {
    await failure('CONFIG_INVALID', () => read(given));
  });

  test('null is a value, and a wrong one', async () => {
    await failure('CONFIG_INVALID', () => read({ port: null }));
    await failure('CONFIG_INVALID', () => read(null));
  });

  test('routes are paths', () => {
    for (const route of ['/a', '/pixstore-image', '/a/b.c']) expect(isRoute(route)).toBeUndefined();
    for (const route of ['', '/', 'a', '/a/', '//a', '/a b', '/a?b', 7]) expect(isRoute(route)).toBeTypeOf('string');
  });

  test('lists and loggers', () => {
    expect(isListOf(['a', 'b'])(['b'])).toBeUndefined();
    for (const list of [[], ['c'], 'a', null]) expect(isListOf(['a', 'b'])(list)).toBeTypeOf('string');
    expect(isLogger(console)).toBeUndefined();
    for (const logger of [null, {}, { info() {} }, 'console']) expect(isLogger(logger)).toBeTypeOf('string');
  });
});
