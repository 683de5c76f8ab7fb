import { describe, expect, test } from 'vitest';
import { within } from '../../../src/backend/within.js';

const late = () => new Error('too late');

describe('a value that must be there in time', () => {
  test('is itself when it is there', () => {
    expect(within(7, 1, late)).toBe(7);
    expect(within(null, 1, late)).toBeNull();
  });

  test('is waited for, also in promises of other libraries', async () => {
    const promise = Promise.resolve(7);
    // biome-ignore lint/suspicious/noThenProperty: as promises of other libraries
    const foreign = { then: promise.then.bind(promise) } as Promise<number>;
    expect(await within(promise, 10_000, late)).toBe(7);
    expect(await within(foreign, 10_000, late)).toBe(7);
    await expect(within(Promise.reject(new Error('no')), 10_000, late)).rejects.toThrow('no');
  });

  test('is given up when it takes too long, and let go of when it comes all the same', async () => {
    let arrive = (_: string) => {};
    const slow = new Promise<string>((resolve) => {
      arrive = resolve;
    });
    const leftOver = new Promise<string>((resolve) => {
      expect(within(slow, 1, late, resolve))
        .rejects.toThrow('too late')
        .then(() => arrive('an open file'));
    });
    expect(await leftOver).toBe('an open file');
  });

  test('is given up for good: a failure that comes later is nobody’s', async () => {
    let fail = (_: Error) => {};
    const slow = new Promise<string>((_, reject) => {
      fail = reject;
    });
    await expect(within(slow, 1, late)).rejects.toThrow('too late');
    fail(new Error('and it failed'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
