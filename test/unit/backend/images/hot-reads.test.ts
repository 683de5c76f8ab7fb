import { describe, expect, test } from 'vitest';
import { createHotReads } from '../../../../src/backend/images/hot-reads.js';
import { createMemoryStore } from '../../../../src/backend/storage/memory/memory-store.js';
import { assertStored, versionOf } from '../../../../src/testing/versions.js';

function open(limit = 1_000_000) {
  const store = createMemoryStore();
  let reads = 0;
  const counting = {
    ...store,
    read(id: string) {
      reads += 1;
      return store.read(id);
    },
  };
  return { store, hot: createHotReads(counting, limit), readsOfStore: () => reads };
}

describe('hot reads', () => {
  test('the second read of an image comes from memory', async () => {
    const { store, hot, readsOfStore } = open();
    const version = versionOf('one', 1000);
    await store.put(version, null);
    assertStored(await hot.read('one'), version);
    assertStored(await hot.read('one'), version);
    expect(readsOfStore()).toBe(1);
    expect(hot.stats()).toEqual({ hits: 1, misses: 1, bytes: 5_000 });
  });

  test('an image that somebody else updated, removed or removed and made again is never served from memory', async () => {
    const { store, hot } = open();
    await store.put(versionOf('one', 1000), null);
    await hot.read('one');
    const second = versionOf('one', 1001);
    await store.put(second, 1000); // not through the cache: as another process would
    assertStored(await hot.read('one'), second);
    await store.remove('one');
    expect(await hot.read('one')).toBeNull();
    const third = versionOf('one', 1002);
    await store.put(third, null);
    assertStored(await hot.read('one'), third);
  });

  test('a sealed key that was replaced is served anew', async () => {
    const { store, hot } = open();
    await store.put(versionOf('one', 1000), null);
    await hot.read('one');
    const sealedKey = new Uint8Array(69).fill(3);
    await store.reseal('one', 1000, sealedKey);
    expect((await hot.read('one'))?.sealedKey).toEqual(sealedKey);
  });

  test('stays within its limit, and keeps nothing when that is 0', async () => {
    for (const [limit, bytes] of [
      [12_000, 10_000],
      [0, 0],
    ] as const) {
      const { store, hot } = open(limit);
      for (const id of ['a', 'b', 'c']) {
        await store.put(versionOf(id, 1000), null);
        await hot.read(id);
      }
      expect(hot.stats()).toEqual({ hits: 0, misses: 3, bytes });
    }
  });

  test('variants are kept apart from their original', async () => {
    const { store, hot } = open();
    const version = versionOf('one', 1000, 100, ['thumb']);
    await store.put(version, null);
    for (const id of ['one', 'one.thumb', 'one', 'one.thumb']) assertStored(await hot.read(id), version, id);
    expect(hot.stats().hits).toBe(2);
  });
});
