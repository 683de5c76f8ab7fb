import { describe, expect, test } from 'vitest';
import { createByteLru } from '../../../src/shared/byte-lru.js';

const open = (limit: number) => createByteLru<string>(limit, (value) => value.length);

describe('a cache bounded in bytes', () => {
  test('lets the least recently used go, and counts a get as a use', () => {
    const cache = open(6);
    cache.put('a', 'aa');
    cache.put('b', 'bb');
    cache.put('c', 'cc');
    expect(cache.get('a')).toBe('aa');
    expect(cache.peek('b')).toBe('bb'); // no use
    cache.put('d', 'dddd');
    expect(['a', 'b', 'c', 'd'].map((key) => cache.peek(key) ?? null)).toEqual(['aa', null, null, 'dddd']);
    expect(cache.bytes).toBe(6);
  });

  test('counts a value that is replaced or removed once', () => {
    const cache = open(10);
    cache.put('a', 'aaaa');
    cache.put('a', 'aa');
    expect(cache.bytes).toBe(2);
    expect(cache.remove('a')).toBe(true);
    expect(cache.remove('a')).toBe(false);
    expect(cache.bytes).toBe(0);
  });

  test('does not take what is above its limit, nor keep what that would replace', () => {
    const cache = open(3);
    cache.put('a', 'aaa');
    cache.put('b', 'bbbb');
    expect(cache.get('a')).toBe('aaa');
    cache.put('a', 'aaaa');
    expect(cache.get('a')).toBeUndefined();
    const none = open(0);
    none.put('a', 'a');
    expect(none.bytes).toBe(0);
  });

  test('is empty after clear', () => {
    const cache = open(10);
    cache.put('a', 'a');
    cache.clear();
    expect(cache.get('a')).toBeUndefined();
    expect(cache.bytes).toBe(0);
  });
});
