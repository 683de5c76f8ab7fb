import { describe, expect, test } from 'vitest';
import { createByteLru } from '../../../src/shared/byte-lru.js';
import { createHotCache, type HotCache } from '../../../src/shared/hot-cache.js';

interface Value {
  bytes: number;
}

const open = (limit: number) => createHotCache<Value>(limit, ({ bytes }) => bytes);

/** Asks for keys one after the other, puts what is missing, and says which share of them was there. */
function walk(
  cache: Pick<HotCache<Value>, 'get' | 'put'>,
  keys: Iterable<number>,
  sizeOf = (_key: number) => 100,
): number {
  let asked = 0;
  let hits = 0;
  for (const key of keys) {
    asked += 1;
    if (cache.get(`${key}`)) hits += 1;
    else cache.put(`${key}`, { bytes: sizeOf(key) });
  }
  return hits / asked;
}

function* rounds(count: number, keys: number, from = 0): Generator<number> {
  for (let round = 0; round < count; round += 1) for (let key = 0; key < keys; key += 1) yield from + key;
}

/** The same numbers each time. */
function* skewed(count: number, keys: number): Generator<number> {
  let state = 7;
  for (let asked = 0; asked < count; asked += 1) {
    state = (state * 48_271) % 2_147_483_647;
    yield Math.floor(keys * (state / 2_147_483_647) ** 3);
  }
}

describe('a cache of what is asked for most', () => {
  test('keeps what fits, and what was used rather than what was not', () => {
    const cache = open(300);
    for (const key of ['a', 'b', 'c']) cache.put(key, { bytes: 100 });
    cache.get('a');
    cache.put('d', { bytes: 100 });
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
    expect([cache.entries, cache.bytes]).toEqual([3, 300]);
  });

  test('a walk through twice its size, again and again, still finds 40 in 100', () => {
    expect(walk(open(100_000), rounds(10, 2_000))).toBeGreaterThan(0.44);
  });

  test('so does one through values of different sizes', () => {
    const cache = open(100_000);
    const sizeOf = (key: number) => 50 + ((key * 7_919) % 101);
    expect(walk(cache, rounds(10, 2_000), sizeOf)).toBeGreaterThan(0.44);
    expect(cache.bytes).toBeGreaterThan(99_000);
  });

  test('a walk that comes once does not push out what is used all the time', () => {
    const cache = open(100_000);
    walk(cache, rounds(3, 900));
    walk(cache, rounds(1, 5_000, 10_000));
    expect(walk(cache, rounds(1, 900))).toBeGreaterThan(0.9);
  });

  test.each([2, 40, 60])('of %i that had to go before and are asked for now, all are kept', (count) => {
    const cache = open(10_000);
    walk(cache, rounds(1, 200));
    walk(cache, rounds(5, count));
    expect(walk(cache, rounds(1, count))).toBe(1);
  });

  test('what comes into fashion comes in', () => {
    const cache = open(100_000);
    walk(cache, rounds(5, 1_000));
    walk(cache, rounds(2, 500, 10_000));
    expect(walk(cache, rounds(1, 500, 10_000))).toBeGreaterThan(0.95);
  });

  test('of what is asked for unevenly it finds more than a list of what was used latest', () => {
    const latest = createByteLru<Value>(100_000, ({ bytes }) => bytes);
    const found = walk(latest, skewed(50_000, 10_000));
    expect(walk(open(100_000), skewed(50_000, 10_000))).toBeGreaterThan(found + 0.04);
  });

  test('bytes are counted exactly through puts, replacements and removals', () => {
    const cache = open(100);
    cache.put('a', { bytes: 60 });
    cache.put('a', { bytes: 50 });
    cache.put('b', { bytes: 50 });
    expect([cache.entries, cache.bytes]).toEqual([2, 100]);
    expect([cache.remove('a'), cache.remove('a')]).toEqual([true, false]);
    expect([cache.entries, cache.bytes]).toEqual([1, 50]);
    cache.put('c', { bytes: 100 });
    expect([cache.get('b'), cache.get('c')?.bytes, cache.bytes]).toEqual([undefined, 100, 100]);
  });

  test('a value above the limit is not kept, nor what it would replace', () => {
    const cache = open(100);
    cache.put('a', { bytes: 10 });
    cache.put('a', { bytes: 101 });
    expect([cache.get('a'), cache.entries, cache.bytes]).toEqual([undefined, 0, 0]);
    open(0).put('a', { bytes: 1 });
  });
});
