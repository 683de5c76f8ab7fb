import { describe, expect, test } from 'vitest';
import { createHotReads, notWanted, storeBusy, type Turn } from '../../../../src/backend/serving/hot-reads.js';
import { joinId } from '../../../../src/shared/protocol/image-id.js';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import { createMemoryRows } from '../../../../src/stores/memory/memory-rows.js';
import { createMemoryStore } from '../../../../src/stores/memory/memory-store.js';
import type { ImageStore, OpenedPart, StoredPart } from '../../../../src/stores/port.js';
import { splitStore } from '../../../../src/stores/split/split-store.js';
import { assertStored, readToEnd, versionOf } from '../../../../src/testing/versions.js';
import { asynchronous } from '../../../support/split/asynchronous-rows.js';

function open(limit = 1_000_000) {
  const store = createMemoryStore();
  let reads = 0;
  const counting = {
    ...store,
    open(...asked: Parameters<typeof store.open>) {
      reads += 1;
      return store.open(...asked);
    },
  };
  const hot = createHotReads(counting, limit);

  /** What was read, as a store would give it. */
  async function read(id: string, clientToken?: number): Promise<StoredPart | null> {
    const part = await hot.read(id, clientToken);
    if (!part) return null;
    if (typeof part === 'symbol' || !('record' in part)) throw new Error('The part is still to be read.');
    expect(Buffer.concat(part.success)).toEqual(Buffer.concat([Uint8Array.of(0), part.ciphertext]));
    return { ...part.record, ciphertext: part.ciphertext };
  }

  return { store, counting, hot, read, readsOfStore: () => reads };
}

describe('hot reads', () => {
  test('the second read of an image comes from memory', async () => {
    const { store, hot, read, readsOfStore } = open();
    const version = versionOf('one', 1000);
    await store.put(version, null);
    assertStored(await read('one'), version);
    assertStored(await read('one'), version);
    expect(readsOfStore()).toBe(1);
    expect(hot.stats()).toEqual({ hits: 1, misses: 1, bytes: 5_000 });
  });

  test('an image that somebody else updated, removed or removed and made again is never served from memory', async () => {
    const { store, read } = open();
    await store.put(versionOf('one', 1000), null);
    await read('one');
    const second = versionOf('one', 1001);
    await store.put(second, 1000); // not through the cache: as another process would
    assertStored(await read('one'), second);
    await store.remove('one');
    expect(await read('one')).toBeNull();
    const third = versionOf('one', 1002);
    await store.put(third, null);
    assertStored(await read('one'), third);
  });

  test('a walk through twice as much as there is room for finds 40 of 100 in memory', async () => {
    const { store, hot } = open(50 * 5_000);
    const ids = Array.from({ length: 100 }, (_, index) => `image-${index}`);
    for (const id of ids) await store.put(versionOf(id, 1000), null);
    for (let round = 0; round < 10; round += 1) for (const id of ids) await hot.read(id);
    expect(hot.stats().hits / 1_000).toBeGreaterThan(0.4);
  });

  test('a sealed key that was replaced is served anew', async () => {
    const { store, read } = open();
    await store.put(versionOf('one', 1000), null);
    await read('one');
    const sealedKey = new Uint8Array(69).fill(3);
    await store.reseal([{ id: 'one', token: 1000, sealedKey }]);
    expect((await read('one'))?.sealedKey).toEqual(sealedKey);
  });

  test('stays within its limit, and keeps nothing when that is 0', async () => {
    for (const [limit, bytes] of [
      [12_000, 10_000],
      [0, 0],
    ] as const) {
      const { store, hot, read } = open(limit);
      for (const id of ['a', 'b', 'c']) {
        await store.put(versionOf(id, 1000), null);
        await read(id);
      }
      expect(hot.stats()).toEqual({ hits: 0, misses: 3, bytes });
    }
  });

  test('variants are kept apart from their original', async () => {
    const { store, hot, read } = open();
    const version = versionOf('one', 1000, 100, ['thumb']);
    await store.put(version, null);
    for (const variant of [undefined, 'thumb', undefined, 'thumb']) {
      assertStored(await read(joinId('one', variant)), version, variant);
    }
    expect(hot.stats().hits).toBe(2);
  });

  test('a client that knows of a newer version is not answered with what a slow look-up still holds', async () => {
    const { store, counting, read } = open();
    await store.put(versionOf('one', 1000), null);
    await read('one');
    const stale = store.record('one');
    counting.record = () => stale;
    const second = versionOf('one', 1001);
    await store.put(second, 1000);
    assertStored(await read('one', 1001), second);
  });

  test('a large ciphertext is not held in memory: it is read in pieces, anew each time', async () => {
    const { store, hot } = open(10_000_000);
    const large = versionOf('one', 1000, 2_000_000);
    await store.put(large, null);
    for (let round = 0; round < 2; round += 1) {
      const part = await hot.read('one');
      if (!part || typeof part === 'symbol' || 'record' in part) throw new Error('It is in memory.');
      assertStored(await readToEnd(part), large);
    }
    expect(hot.stats()).toEqual({ hits: 0, misses: 2, bytes: 0 });
  });
});

describe('of many images that are asked for at once', () => {
  async function openWithTurn() {
    const blobs = createMemoryBlobs();
    const store = splitStore(asynchronous(createMemoryRows({ inlineUpTo: 500 })), blobs);
    await store.put(versionOf('small', 1000, 300), null);
    await store.put(versionOf('large', 1000, 3_000), null);
    let read = 0;
    const counting: ImageStore = {
      ...store,
      open: (...asked) => {
        read += 1;
        return store.open(...asked);
      },
    };
    const hot = createHotReads(counting, 1_000_000);
    let go = (_: boolean): void => {};
    const turn: Turn = () =>
      new Promise((resolve) => {
        go = resolve;
      });
    return { store, blobs, hot, turn, go: (isWanted: boolean) => go(isWanted), opened: () => read };
  }

  test('one whose ciphertext is beside its record is given without a turn', async () => {
    const { hot, turn, opened } = await openWithTurn();
    expect(await hot.read('small', 1000, turn)).toMatchObject({ record: { id: 'small' } });
    expect(await hot.read('none', 1000, turn)).toBe(null);
    expect(opened()).toBe(0);
  });

  test('one whose ciphertext is elsewhere is looked up, and read when its turn has come', async () => {
    const { hot, turn, go, opened } = await openWithTurn();
    const reading = hot.read('large', 1000, turn);
    await turnsOfTheLoop();
    expect(opened()).toBe(0);
    go(true);
    expect(await reading).toMatchObject({ record: { id: 'large', size: 3_000 } });
    expect(opened()).toBe(1);
  });

  test('one that was replaced meanwhile is looked up again', async () => {
    const { store, hot, turn, go } = await openWithTurn();
    const reading = hot.read('large', 1000, turn);
    await turnsOfTheLoop();
    await store.put(versionOf('large', 1001, 3_001), 1000);
    go(true);
    expect(await reading).toMatchObject({ record: { token: 1001, size: 3_001 } });
  });

  test('one that nobody wants any more is not read', async () => {
    const { hot, turn, go, opened } = await openWithTurn();
    const reading = hot.read('large', 1000, turn);
    await turnsOfTheLoop();
    go(false);
    expect(await reading).toBe(notWanted);
    expect(opened()).toBe(0);
  });

  test('while others wait for their turn, the store may take no longer than it ever may', async () => {
    const { store, turn } = await openWithTurn();
    const hot = createHotReads({ ...store, find: () => new Promise(() => {}) }, 1_000_000, 10, 1);
    await expect(hot.read('large', 1000, turn)).rejects.toMatchObject({ code: 'STORE_TIMEOUT' });
  });
});

/** As many as rows that answer with promises take. */
async function turnsOfTheLoop(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a store that hangs', () => {
  /** A store whose images can all be looked up, and of which one can be read; the others hang until they are let go. */
  async function openHanging(readsAtOnce: number, patience?: number) {
    const store = createMemoryStore();
    for (const id of ['hot', 'cold']) await store.put(versionOf(id, 1000), null);
    let closed = 0;
    const arrivals: (() => Promise<void>)[] = [];
    const open: ImageStore['open'] = (id, variant, options) =>
      id === 'hot'
        ? store.open(id, variant, options)
        : new Promise<OpenedPart | null>((resolve) => {
            arrivals.push(async () => {
              const part = await store.open(id);
              resolve(
                part && {
                  ...part,
                  close: async () => {
                    closed += 1;
                  },
                },
              );
            });
          });
    const hot = createHotReads({ ...store, open }, 1_000_000, readsAtOnce, patience);
    await hot.read('hot');
    return { hot, letGo: () => Promise.all(arrivals.splice(0).map((arrive) => arrive())), closed: () => closed };
  }

  test('is waited for by so many, and what is in memory goes on', async () => {
    const { hot, letGo } = await openHanging(2);
    const waiting = [hot.read('cold'), hot.read('cold')];
    expect(hot.read('cold')).toBe(storeBusy);
    expect(await hot.read('hot')).toMatchObject({ record: { id: 'hot' } });
    await letGo();
    expect(await Promise.all(waiting)).toMatchObject([{ record: { id: 'cold' } }, { record: { id: 'cold' } }]);
    expect(hot.read('cold')).not.toBe(storeBusy);
  });

  test('is given up in time, and what it opens later is closed', async () => {
    const { hot, letGo, closed } = await openHanging(1, 1);
    await expect(hot.read('cold')).rejects.toMatchObject({ code: 'STORE_TIMEOUT' });
    await letGo();
    await expect.poll(closed).toBe(1);
    await expect(hot.read('cold')).rejects.toMatchObject({ code: 'STORE_TIMEOUT' });
  });
});
