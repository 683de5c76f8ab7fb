import { expect, onTestFinished, test, vi } from 'vitest';
import {
  bytes,
  contents,
  eventually,
  idsOf,
  openDisk,
  rowsOf,
  useIdle,
  usePageEvents,
  watchTransactions,
} from './disk.js';

const manyIds = Array.from({ length: 90 }, (_, at) => `id-${at}`);

test('writes of one moment share one transaction, which waits until the page is idle', async () => {
  const idle = useIdle();
  const { disk, options } = openDisk();
  await disk.read('a', 1);
  const begun = watchTransactions();
  for (const id of manyIds) disk.write(id, 1, contents(10));
  await disk.has('z');
  expect(begun()).toEqual(['readonly: images']);
  await eventually(() => idle(() => rowsOf(options.frontendDbName, 'images'))).toHaveLength(90);
  expect(begun().filter((one) => one.startsWith('readwrite'))).toEqual([
    'readwrite: images-usage,images-logouts,images',
  ]);
});

test('while more comes, nothing is written, but not for ever', async () => {
  const idle = useIdle();
  const { disk } = openDisk();
  await disk.read('a', 1);
  const begun = watchTransactions();
  let written = 0;
  const write = () => disk.write(`id-${written++}`, 1, contents(10));
  write();
  while (begun().length === 0) {
    write();
    await idle(() => new Promise(setImmediate));
  }
  expect(written).toBe(21);
});

test('more than 100 images take several transactions, so that the page gets to other things in between', async () => {
  const { disk, options } = openDisk();
  await disk.read('a', 1);
  const begun = watchTransactions();
  for (let at = 0; at < 250; at += 1) disk.write(`id-${at}`, 1, contents(10));
  await eventually(() => rowsOf(options.frontendDbName, 'images')).toHaveLength(250);
  expect(begun().filter((one) => one.startsWith('readwrite'))).toHaveLength(3);
});

test('more than 4 MB take several transactions', async () => {
  const { disk, options } = openDisk();
  await disk.read('a', 1);
  const begun = watchTransactions();
  for (const id of 'abcdefgh') disk.write(id, 1, contents(1024 * 1024));
  await eventually(() => idsOf(options.frontendDbName)).toBe('abcdefgh');
  expect(begun().filter((one) => one.startsWith('readwrite'))).toHaveLength(2);
});

test('what waits to be written is read, found, removed and cleared as if it were on disk', async () => {
  useIdle();
  const { disk } = openDisk();
  for (const id of 'abc') disk.write(id, 5, contents(10));
  expect(await disk.read('a', 5)).toEqual({ is: 'ciphertext', bytes: bytes(10) });
  expect(await disk.read('a', 4)).toBeUndefined();
  expect(await disk.has('a')).toBe(true);
  expect(await disk.remove('a')).toBe(true);
  expect(await disk.has('a')).toBe(false);
  await disk.drop('b');
  expect(await disk.has('b')).toBe(false);
  await disk.clear(() => {});
  expect(await disk.has('c')).toBe(false);
});

test('what is dropped while it is being written is not on disk', async () => {
  const idle = useIdle();
  const { disk, options } = openDisk();
  for (const id of 'ab') disk.write(id, 1, contents(10));
  const get = vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementationOnce(function (this: IDBObjectStore, id) {
    void disk.drop('a');
    return this.get(id);
  });
  onTestFinished(() => get.mockRestore());
  await eventually(() => idle(() => idsOf(options.frontendDbName))).toBe('b');
});

test('what waits when the page is left, and is dropped before the database is open, is not on disk', async () => {
  const idle = useIdle();
  const leave = usePageEvents();
  const { disk, options } = openDisk();
  for (const id of 'ab') disk.write(id, 1, contents(10));
  leave('pagehide');
  void disk.drop('a');
  await eventually(() => idle(() => idsOf(options.frontendDbName))).toBe('b');
});

const ids = ['x', 'x.thumb', 'x.large', 'x1', 'x1.thumb', 'x-a', 'a:x', 'a:x.thumb', 'X.thumb'];
const others = ids.slice(3);

test.each(['waits to be written', 'is on disk'])('of what %s, an image goes with its variants', async (where) => {
  const idle = useIdle();
  const { disk, options } = openDisk();
  for (const id of ids) disk.write(id, 1, contents(10));
  const written = where === 'is on disk' ? ids.length : 0;
  if (written) await eventually(() => idle(() => rowsOf(options.frontendDbName, 'images'))).toHaveLength(written);
  const thereOf = async (asked: string[]) => {
    const there = await Promise.all(asked.map((id) => disk.has(id)));
    return asked.filter((_, at) => there[at]);
  };
  expect(await disk.remove('x.thumb')).toBe(true);
  expect(await thereOf(ids)).toEqual(['x', 'x.large', ...others]);
  expect(await disk.remove('x.thumb')).toBe(false);
  disk.removePart('x');
  expect(await thereOf(ids)).toEqual(['x.large', ...others]);
  expect(await disk.remove('x'), 'only a variant is there').toBe(true);
  expect(await thereOf(ids)).toEqual(others);
  expect(await disk.remove('x')).toBe(false);
  await eventually(() => idle(() => rowsOf(options.frontendDbName, 'images'))).toHaveLength(others.length);
  for (const store of ['images', 'images-usage'] as const) {
    expect((await rowsOf(options.frontendDbName, store)).map(({ id }) => id)).toEqual([...others].sort());
  }
});

test('an image that is dropped takes along the variants that are being written at that moment', async () => {
  const idle = useIdle();
  const { disk, options } = openDisk();
  for (const id of ids) disk.write(id, 1, contents(10));
  let written = 0;
  const { put } = IDBObjectStore.prototype;
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, row) {
    written += 1;
    // In the middle of the transaction: some rows of it are put already, and some are not.
    if (written === 4) void disk.drop('x');
    return put.call(this, row);
  });
  onTestFinished(() => spy.mockRestore());
  await eventually(() => idle(() => rowsOf(options.frontendDbName, 'images'))).toHaveLength(others.length);
  expect((await rowsOf(options.frontendDbName, 'images-usage')).map(({ id }) => id)).toEqual([...others].sort());
});

test('an older version of a variant is kept again once its image was removed', async () => {
  const { disk, options } = openDisk();
  disk.write('x.thumb', 5, contents(10));
  await disk.remove('x');
  disk.write('x.thumb', 4, contents(10));
  await eventually(() => rowsOf(options.frontendDbName, 'images')).toMatchObject([{ id: 'x.thumb', token: 4 }]);
});

test('the use of an image that was removed while it was read leaves no trace when the page is left', async () => {
  const idle = useIdle();
  const leave = usePageEvents();
  const { disk, options } = openDisk();
  disk.write('x', 1, contents(10));
  await eventually(() => idle(() => rowsOf(options.frontendDbName, 'images'))).toHaveLength(1);
  let isRemoved = false;
  const read = disk.read('x', 1, () => !isRemoved);
  await undefined; // the read has begun
  isRemoved = true;
  await disk.remove('x');
  await read;
  leave('pagehide');
  expect(await rowsOf(options.frontendDbName, 'images-usage')).toEqual([]);
});

test.each(['pagehide', 'visibilitychange'] as const)('on %s all that waits is written at once', async (event) => {
  useIdle();
  const leave = usePageEvents();
  const { disk, clock, options } = openDisk();
  await disk.read('a', 1);
  const begun = watchTransactions();
  for (const id of 'abc') disk.write(id, 1, contents(10));
  clock.time = 5000;
  await disk.read('a', 1);
  void disk.drop('b');
  leave(event);
  expect(begun().at(-1), 'before the event is over').toBe('readwrite: images-usage,images-logouts,images');
  await eventually(() => idsOf(options.frontendDbName)).toBe('ac');
  expect((await rowsOf(options.frontendDbName, 'images-usage'))[0]).toMatchObject({ id: 'a', lastUsed: 5000 });
});

test('what waits when the page is left asks nothing first, since nobody may be there to hear the answer', async () => {
  useIdle();
  const leave = usePageEvents();
  const { disk, options } = openDisk();
  await disk.read('a', 1);
  disk.write('a', 1, contents(10));
  const { get } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.get = () => {
    throw new Error('asked');
  };
  leave('pagehide');
  IDBObjectStore.prototype.get = get;
  await eventually(() => idsOf(options.frontendDbName)).toBe('a');
});

test('closing writes what waits', async () => {
  useIdle();
  const { disk, options } = openDisk();
  await disk.read('a', 1);
  disk.write('a', 1, contents(10));
  disk.close();
  expect(await idsOf(options.frontendDbName)).toBe('a');
});

test('an older version takes the place of a newer one neither on disk nor in the queue', async () => {
  const { disk, options } = openDisk();
  disk.write('a', 5, contents(10));
  disk.write('a', 4, contents(20));
  await eventually(() => rowsOf(options.frontendDbName, 'images')).toMatchObject([{ id: 'a', token: 5 }]);
  disk.write('a', 3, contents(30));
  disk.write('b', 1, contents(10));
  await eventually(() => idsOf(options.frontendDbName)).toBe('ab');
  expect((await rowsOf(options.frontendDbName, 'images'))[0]).toMatchObject({ token: 5, size: 10 });
});

test('times of use share one transaction, which keeps nobody from reading images', async () => {
  const idle = useIdle();
  const { disk, clock, options } = openDisk();
  for (const id of manyIds) disk.write(id, 1, contents(10));
  await eventually(() => idle(() => rowsOf(options.frontendDbName, 'images'))).toHaveLength(90);
  await eventually(() => disk.usage()).toMatchObject({ entries: 90 });
  clock.time = 7000;
  const begun = watchTransactions();
  await Promise.all(manyIds.map((id) => disk.read(id, 1)));
  expect(begun()).toEqual(['readonly: images']);
  const lastUsed = async () => (await rowsOf(options.frontendDbName, 'images-usage')).map((row) => row.lastUsed);
  await eventually(() => idle(lastUsed)).toEqual(manyIds.map(() => 7000));
  expect(begun().filter((one) => one.startsWith('readwrite'))).toEqual(['readwrite: images-usage,images-logouts']);
});

test('a use of an image that was removed meanwhile, or replaced, leaves no trace', async () => {
  const idle = useIdle();
  const { disk, options } = openDisk();
  const other = openDisk({ frontendDbName: options.frontendDbName }).disk; // as another tab
  for (const id of 'ab') disk.write(id, 1, contents(10));
  await eventually(() => idle(() => idsOf(options.frontendDbName))).toBe('ab');
  await Promise.all([disk.read('a', 1), disk.read('b', 1)]);
  await other.remove('a');
  other.write('b', 2, contents(20));
  other.close();
  await eventually(() => rowsOf(options.frontendDbName, 'images')).toMatchObject([{ token: 2 }]);
  disk.write('c', 1, contents(10));
  await eventually(() => idle(() => idsOf(options.frontendDbName))).toBe('bc');
  expect(await rowsOf(options.frontendDbName, 'images-usage')).toMatchObject([
    { id: 'b', token: 2, size: 20 },
    { id: 'c' },
  ]);
});
