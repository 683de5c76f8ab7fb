import { expect, onTestFinished, test, vi } from 'vitest';
import { createCacheDatabase } from '../../../../src/frontend/cache/database.js';
import { createReader } from '../../../../src/frontend/cache/reads.js';
import { storeNames } from '../../../../src/frontend/cache/schema.js';
import { bytes, diskOptions, eventually, openDisk, watchTransactions } from './disk.js';

/** A reader over a database with rows of these ids. */
async function openReader(ids: string[]) {
  const { options } = diskOptions();
  const database = createCacheDatabase(options, storeNames(options));
  onTestFinished(() => database.close());
  await database.use('readwrite', ['images'], ({ images }) => {
    for (const id of ids) images.put({ id, token: 1, size: 3, ciphertext: bytes(3) });
    return true;
  });
  return { database, read: createReader(database) };
}

const manyIds = Array.from({ length: 500 }, (_, at) => `id-${at}`);

test('500 reads of one moment share one transaction', async () => {
  const { read } = await openReader(manyIds);
  const begun = watchTransactions();
  const rows = await Promise.all(manyIds.map(read));
  expect(rows.map((row) => row?.id)).toEqual(manyIds);
  expect(begun()).toEqual(['readonly: images']);
});

test('reads that come when a transaction has nothing more to ask share the next one', async () => {
  const { read } = await openReader(manyIds);
  const begun = watchTransactions();
  const late: Promise<unknown>[] = [];
  await Promise.all([read('id-0').then(() => late.push(...manyIds.map(read))), read('id-1')]);
  await Promise.all(late);
  expect(begun()).toHaveLength(2);
});

test('reads that come while a transaction has more to ask join it', async () => {
  const { read } = await openReader(manyIds);
  const begun = watchTransactions();
  const all = manyIds.slice(0, 400).map(read);
  await all[0];
  await Promise.all([...all, ...manyIds.slice(400).map(read)]);
  expect(begun()).toHaveLength(1);
});

test('not all are asked for at the same time, so that the page gets to other things between the answers', async () => {
  const { read } = await openReader(manyIds);
  const get = vi.spyOn(IDBObjectStore.prototype, 'get');
  onTestFinished(() => get.mockRestore());
  const reads = manyIds.map(read);
  await reads[0];
  expect(get.mock.calls.length).toBeLessThan(50);
  await Promise.all(reads);
  expect(get).toHaveBeenCalledTimes(500);
});

test('a read is answered when its own row is there, not when all are', async () => {
  const { read } = await openReader(manyIds);
  const answered: string[] = [];
  const reads = manyIds.map((id) => read(id).then(() => answered.push(id)));
  await reads[0];
  expect(answered.length).toBeLessThan(manyIds.length);
  await Promise.all(reads);
  expect(answered).toEqual(manyIds);
});

test('an image that is not there is undefined', async () => {
  const { read } = await openReader(['a']);
  const rows = await Promise.all([read('a'), read('b')]);
  expect(rows.map((row) => row?.id)).toEqual(['a', undefined]);
});

test('images that are not there are answered together, however many others are there', async () => {
  const { read } = await openReader(['a', 'c', 'e']);
  const answered: string[] = [];
  const reads = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => read(id).then(() => answered.push(id)));
  await reads[1];
  await undefined;
  expect(answered).toEqual(['a', 'c', 'e', 'b', 'd', 'f']);
});

test('more reads than are asked for at once are all answered', async () => {
  const { read } = await openReader(manyIds);
  const begun = watchTransactions();
  const rows = await Promise.all(Array.from({ length: 2500 }, (_, at) => read(`id-${at % 500}`)));
  expect(rows.every(Boolean)).toBe(true);
  expect(begun()).toHaveLength(3);
});

test('a connection that went away is opened again, and every read is answered', async () => {
  const { read } = await openReader(manyIds);
  const { transaction } = IDBDatabase.prototype;
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(function (this: IDBDatabase) {
    this.close();
    return transaction.call(this, 'images');
  });
  onTestFinished(() => spy.mockRestore());
  expect((await Promise.all(manyIds.map(read))).every(Boolean)).toBe(true);
});

test('a transaction that hangs keeps all pictures waiting two seconds together, and later ones not at all', async () => {
  const { database, read } = await openReader(manyIds);
  // Safari's hang, made by the rules: a transaction that never ends keeps those after it from starting.
  let hang = true;
  void database.use('readwrite', ['images'], ({ images }) => {
    const goOn = () => {
      if (hang) images.get('id-0').onsuccess = goOn;
    };
    goOn();
    return true;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const answers = Promise.all(manyIds.map(read));
  await vi.advanceTimersByTimeAsync(2000);
  expect((await answers).some(Boolean)).toBe(false);
  expect(await read('id-0')).toBeUndefined();
  hang = false;
  await eventually(() => read('id-0')).toMatchObject({ id: 'id-0' });
});

test('a cache that holds nothing is not searched any further than for the first row', async () => {
  const { disk } = openDisk();
  const get = vi.spyOn(IDBObjectStore.prototype, 'get');
  onTestFinished(() => get.mockRestore());
  expect((await Promise.all(manyIds.map((id) => disk.read(id, 1)))).some(Boolean)).toBe(false);
  expect(get.mock.calls.length).toBeLessThanOrEqual(16);
});
