import { expect, test } from 'vitest';
import { createMemoryCache } from '../../../../src/frontend/cache/memory-cache.js';

const picture = (bytes: number) => ({ bytes: new Uint8Array(bytes), type: 'image/png' });
const entry = (bytes: number, token = 1, version = 'key') => ({ token, version, picture: picture(bytes) });

test('a hit needs the very version', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  const kept = entry(10);
  cache.put('a', kept);
  expect(cache.get('a', 'key')).toEqual(kept);
  expect(cache.get('a', 'other key')).toBeUndefined();
  expect(cache.get('b', 'key')).toBeUndefined();
});

test('the least recently used images go when the bytes pass the limit', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  for (const id of ['a', 'b', 'c']) cache.put(id, entry(30));
  cache.get('a', 'key');
  cache.put('d', entry(40));
  expect(['a', 'b', 'c', 'd'].filter(cache.has)).toEqual(['a', 'c', 'd']);
  cache.put('e', entry(90));
  expect(['a', 'b', 'c', 'd', 'e'].filter(cache.has)).toEqual(['e']);
});

test('bytes are counted exactly through puts, replacements and removals', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  cache.put('a', entry(60));
  cache.put('a', entry(50, 2));
  cache.put('b', entry(50));
  expect([cache.has('a'), cache.has('b')]).toEqual([true, true]);
  expect(cache.remove('a')).toBe(true);
  expect(cache.remove('a')).toBe(false);
  cache.put('c', entry(50));
  expect([cache.has('b'), cache.has('c')]).toEqual([true, true]);
  cache.remove();
  expect([cache.has('b'), cache.has('c')]).toEqual([false, false]);
  cache.put('d', entry(100));
  expect(cache.has('d')).toBe(true);
});

test('an image goes with its variants, a variant alone, and nothing that begins alike', () => {
  const ids = ['x', 'x.thumb', 'x.large', 'x1', 'x1.thumb', 'x-a', 'a:x', 'a:x.thumb'];
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  for (const id of ids) cache.put(id, entry(10));
  const kept = () => ids.filter(cache.has);
  expect(cache.remove('x.thumb')).toBe(true);
  expect(kept()).toEqual(ids.filter((id) => id !== 'x.thumb'));
  expect(cache.remove('x.thumb')).toBe(false);
  expect(cache.removePart('x')).toBe(true);
  expect(kept()).toEqual(['x.large', ...ids.slice(3)]);
  expect(cache.remove('x'), 'only a variant is there').toBe(true);
  expect(kept()).toEqual(ids.slice(3));
  expect(cache.usage()).toEqual({ entries: 5, bytes: 50 });
  expect(cache.remove('x')).toBe(false);
});

test('a newer version of an image takes the place of none of its variants', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  for (const id of ['x', 'x.thumb']) cache.put(id, entry(10));
  cache.put('x', entry(10, 2));
  expect(cache.has('x.thumb')).toBe(true);
});

test('an image larger than the limit is not kept, and neither is the version it replaces', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  cache.put('a', entry(10));
  cache.put('a', entry(101, 2));
  expect(cache.has('a')).toBe(false);
});

test('an older version does not take the place of a newer one', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  cache.put('a', entry(10, 2));
  cache.put('a', entry(10, 1));
  expect(cache.get('a', 'key')).toBeDefined();
});

test('a limit of 0 keeps nothing', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 0 });
  cache.put('a', entry(1));
  expect(cache.has('a')).toBe(false);
});
