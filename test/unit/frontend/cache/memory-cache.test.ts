import { expect, test, vi } from 'vitest';
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

/** Looks at one picture after another, and says how many of the last half were in memory. */
function shareFound(ids: readonly number[], limitBytes: number, bytesOf = (_id: number) => 10): number {
  let seed = 1;
  vi.spyOn(Math, 'random').mockImplementation(() => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  });
  const cache = createMemoryCache({ frontendMemoryCacheBytes: limitBytes });
  let found = 0;
  for (const [at, id] of ids.entries()) {
    if (cache.get(`image-${id}`, 'key')) found += at < ids.length / 2 ? 0 : 1;
    else cache.put(`image-${id}`, entry(bytesOf(id)));
    expect(cache.usage().bytes).toBeLessThanOrEqual(limitBytes);
  }
  vi.restoreAllMocks();
  return found / Math.ceil(ids.length / 2);
}

const walk = (length: number, times: number) => Array.from({ length: length * times }, (_, at) => at % length);
const uneven = (id: number) => 1 + ((id * 7919) % 19);

test('a walk through twice what there is room for, again and again, finds 40 % of it in memory', () => {
  expect(shareFound(walk(200, 20), 1000)).toBeGreaterThan(0.4);
  expect(shareFound(walk(200, 20), 1000, uneven), 'of several sizes').toBeGreaterThan(0.4);
  expect(shareFound(walk(110, 20), 1000), 'a little more than there is room for').toBeGreaterThan(0.8);
});

test('a list scrolled down and up again finds what was seen last', () => {
  const down = Array.from({ length: 200 }, (_, at) => at);
  const downAndUp = [...down, ...down.toReversed()];
  expect(shareFound(Array.from({ length: 10 }, () => downAndUp).flat(), 1000)).toBeGreaterThan(0.4);
});

test('after a walk, a few pictures that are looked at again and again are soon in memory', () => {
  expect(shareFound([...walk(300, 2), ...walk(30, 40)], 1000)).toBeGreaterThan(0.95);
});

test('what had to go is kept like anything else where there is room', () => {
  const cache = createMemoryCache({ frontendMemoryCacheBytes: 100 });
  vi.spyOn(Math, 'random').mockReturnValue(0.99);
  for (let at = 0; at < 15; at += 1) cache.put(`image-${at}`, entry(10));
  cache.put('image-0', entry(10));
  expect(cache.has('image-0'), 'all places are taken').toBe(false);
  expect(cache.has('image-14')).toBe(true);
  cache.remove();
  cache.put('image-0', entry(10));
  expect(cache.has('image-0')).toBe(true);
  vi.restoreAllMocks();
});
