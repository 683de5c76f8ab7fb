import { expect, onTestFinished, test, vi } from 'vitest';
import { bytes, contents, eventually, idsOf, openDisk, rowsOf, watchTransactions } from './disk.js';

/** Writes images one after the other, a moment apart, each on disk before the next. */
async function fill({ disk, clock, options }: ReturnType<typeof openDisk>, ids: Iterable<string>, size = 10) {
  for (const id of ids) {
    clock.time += 1;
    disk.write(id, 1, contents(size));
    await eventually(async () => (await rowsOf(options.frontendDbName, 'images-usage')).map((row) => row.id)).toContain(
      id,
    );
  }
}

test('the least recently used images go when their bytes pass the limit, down to nine tenths of it', async () => {
  const opened = openDisk({ frontendCacheBytes: 100 });
  await fill(opened, 'abcde', 20);
  expect(await opened.disk.usage()).toEqual({ entries: 5, bytes: 100 });
  await fill(opened, 'f', 20);
  await eventually(() => idsOf(opened.options.frontendDbName)).toBe('cdef');
  expect(await opened.disk.usage()).toEqual({ entries: 4, bytes: 80 });
});

test('an image larger than the limit is not written, and drives no other out', async () => {
  const opened = openDisk({ frontendCacheBytes: 100 });
  await fill(opened, 'ab');
  opened.disk.write('large', 1, contents(101));
  await fill(opened, 'c');
  expect(await idsOf(opened.options.frontendDbName)).toBe('abc');
});

test('a new version counts with its own bytes in place of the old ones', async () => {
  const opened = openDisk({ frontendCacheBytes: 100 });
  await fill(opened, 'ab', 40);
  opened.disk.write('a', 2, contents(60));
  await fill(opened, 'c', 0);
  await eventually(() => idsOf(opened.options.frontendDbName)).toBe('abc');
  expect(await opened.disk.usage()).toEqual({ entries: 3, bytes: 100 });
});

test('images are not counted anew after every write', async () => {
  const opened = openDisk();
  await fill(opened, 'a');
  const begun = watchTransactions();
  const { disk, options } = opened;
  for (const id of 'bcd') {
    disk.write(id, 1, contents(10));
    await eventually(() => idsOf(options.frontendDbName)).toContain(id);
  }
  await disk.remove('a');
  expect(begun()).not.toContain('readonly: images-usage');
});

test('what other tabs have written counts', async () => {
  const opened = openDisk({ frontendImageCacheLimit: 5, frontendCleanupBatch: 1 });
  const { frontendDbName } = opened.options;
  const other = openDisk({ frontendDbName });
  await fill(opened, 'ab');
  other.clock.time = opened.clock.time;
  await fill(other, 'cdef');
  opened.clock.time = other.clock.time + 60_000;
  await fill(opened, 'g');
  await eventually(() => idsOf(frontendDbName)).toBe('cdefg');
});

test('one tab at a time evicts, and another may afterwards', async () => {
  let free = () => {};
  const held = new Promise<void>((resolve) => (free = resolve));
  const taken: string[] = [];
  let isTaken = true;
  void held.then(() => (isTaken = false));
  // Web Locks, as far as they are used: Node 20 has none.
  const request = async (name: string, _: object, work: (lock: object | null) => unknown) => {
    await work(isTaken ? null : {});
    taken.push(name);
  };
  vi.stubGlobal('navigator', { locks: { request } });
  onTestFinished(() => void vi.unstubAllGlobals());
  const opened = openDisk({ frontendImageCacheLimit: 3, frontendCleanupBatch: 1 });
  const { frontendDbName } = opened.options;
  await fill(opened, 'abcd');
  await eventually(() => taken).toEqual([`pixstore:${frontendDbName}`]);
  expect(await idsOf(frontendDbName)).toBe('abcd');
  free();
  await fill(opened, 'e');
  await eventually(() => idsOf(frontendDbName)).toBe('cde');
});

test('a browser that has no room left loses old images, but not all, and gets the new one', async () => {
  const opened = openDisk({ frontendCleanupBatch: 50 });
  const { options } = opened;
  await fill(opened, 'abcd');
  const full = fillDisk(4);
  await fill(opened, 'e');
  await eventually(() => idsOf(options.frontendDbName)).toBe('cde');
  expect(full.refused).toBe(2);
});

test('a browser that never has room loses one batch a minute at most', async () => {
  const opened = openDisk({ frontendCleanupBatch: 2 });
  const { disk, clock, options } = opened;
  await fill(opened, 'abcdefgh');
  const full = fillDisk(0);
  for (const minute of [0, 1]) {
    clock.time += 60_001 * minute;
    for (const id of 'xyz') {
      const before = full.refused;
      disk.write(id, 1, contents(10));
      await eventually(() => full.refused).toBeGreaterThanOrEqual(before + 2);
    }
  }
  expect(await idsOf(options.frontendDbName)).toBe('efgh');
});

test('rows that other scripts put in, without a size or a time of use, do not stop eviction nor keep it going', async () => {
  const opened = openDisk({ frontendImageCacheLimit: 3, frontendCleanupBatch: 1 });
  const { frontendDbName } = opened.options;
  await fill(opened, 'a');
  await new Promise<void>((resolve) => {
    indexedDB.open(frontendDbName).onsuccess = (event) => {
      const database = (event.target as IDBOpenDBRequest).result;
      const transaction = database.transaction('images-usage', 'readwrite');
      for (const id of ['p', 'q', 'r', 's']) transaction.objectStore('images-usage').put({ id });
      transaction.oncomplete = () => {
        database.close();
        resolve();
      };
    };
  });
  opened.clock.time += 60_001;
  opened.disk.write('b', 1, contents(10));
  await eventually(() => idsOf(frontendDbName)).toBe('');
  expect(await opened.disk.usage()).toEqual({ entries: 4, bytes: 0 });
});

test('10,000 images are counted and 1,000 evicted in pieces', async () => {
  const opened = openDisk({ frontendImageCacheLimit: 9000, frontendCleanupBatch: 1 });
  const { frontendDbName } = opened.options;
  await fill(opened, ['first']);
  await new Promise<void>((resolve) => {
    indexedDB.open(frontendDbName).onsuccess = (event) => {
      const database = (event.target as IDBOpenDBRequest).result;
      const transaction = database.transaction(['images', 'images-usage'], 'readwrite');
      for (let at = 0; at < 9998; at += 1) {
        const id = String(at).padStart(5, '0');
        transaction.objectStore('images').put({ id, token: 1, size: 10, ciphertext: bytes(10) });
        transaction.objectStore('images-usage').put({ id, token: 1, size: 10, lastUsed: at });
      }
      transaction.oncomplete = () => {
        database.close();
        resolve();
      };
    };
  });
  const pieces: number[] = [];
  const spies = [IDBObjectStore.prototype, IDBIndex.prototype].map((prototype) => vi.spyOn(prototype, 'getAll'));
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  opened.clock.time += 60_001;
  opened.disk.write('last', 1, contents(10));
  await eventually(() => opened.disk.usage()).toEqual({ entries: 9000, bytes: 90_000 });
  for (const spy of spies) pieces.push(...spy.mock.calls.flatMap(([, count]) => count ?? []));
  expect(Math.max(...pieces)).toBeLessThanOrEqual(1000);
  expect(await opened.disk.has('last')).toBe(true);
  expect(await opened.disk.has('00999')).toBe(false);
  expect(await opened.disk.has('01000')).toBe(true);
}, 60_000);

/** From now on the disk takes only so many images, as a browser whose quota is used up. */
function fillDisk(images: number) {
  const full = { refused: 0 };
  const { put } = IDBObjectStore.prototype;
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, row) {
    if (this.name !== 'images') return put.call(this, row);
    const count = this.count();
    count.onsuccess = () => {
      if (count.result < images) return;
      full.refused += 1;
      const error = new DOMException('full', 'QuotaExceededError');
      Object.defineProperty(this.transaction, 'error', { configurable: true, get: () => error });
      this.transaction.abort();
    };
    return put.call(this, row);
  });
  onTestFinished(() => spy.mockRestore());
  return full;
}
