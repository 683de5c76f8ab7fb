import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import { createMemoryRows } from '../../../../src/stores/memory/memory-rows.js';
import type { BlobStore, OpenBlob } from '../../../../src/stores/split/blob-store.js';
import type { RowStore } from '../../../../src/stores/split/row-store.js';
import { splitStore } from '../../../../src/stores/split/split-store.js';
import { assertStored, readPart, readToEnd, versionOf } from '../../../../src/testing/versions.js';
import { temporaryFolder } from '../../../support/folders.js';
import { asynchronous } from '../../../support/split/asynchronous-rows.js';
import { openSqliteRows } from '../../../support/split/sqlite-rows.js';

const small = versionOf('small', 1000, 500);
const large = versionOf('large', 1000, 5_000);

const isPromise = (value: unknown) => value instanceof Promise;

test('answers without a promise when rows do, from the first call of a new store on', async () => {
  const store = splitStore(createMemoryRows(), createMemoryBlobs());
  expect(store.record('small')).toBeNull();
  await store.put(small, null);
  const answers = [
    store.record('small'),
    store.records([{ id: 'small' }]),
    store.version('small'),
    store.open('small'),
    store.keyRing(),
    store.folderKey(''),
    store.lastRemovedToken(),
    store.usage(),
  ];
  expect(answers.map(isPromise)).toEqual(answers.map(() => false));
});

test('looks at the blobs of a store that was there before, and then answers without a promise', async () => {
  const path = join(await temporaryFolder(), 'images.sqlite');
  const blobs = createMemoryBlobs();
  const first = splitStore(openSqliteRows(path), blobs);
  await first.put(large, null);
  await first.close();
  const store = splitStore(openSqliteRows(path), blobs);
  expect(isPromise(store.record('large'))).toBe(true);
  await store.keyRing();
  expect(isPromise(store.record('large'))).toBe(false);
  await store.close();
});

test('gives promises when rows do', async () => {
  const store = splitStore(asynchronous(createMemoryRows()), createMemoryBlobs());
  expect(store.supports.syncRecords).toBe(false);
  await store.put(small, null);
  expect(isPromise(store.record('small'))).toBe(true);
  assertStored(await readPart(store, 'small'), small);
});

test('tries again to open what could not be opened', async () => {
  const rows = createMemoryRows({ inlineUpTo: 1_000 });
  let failures = 3;
  const store = splitStore(
    {
      ...rows,
      identity() {
        if (failures-- > 0) throw new Error('the database is away');
        return rows.identity();
      },
    },
    createMemoryBlobs(),
  );
  expect(() => store.record('large')).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }));
  await expect(store.put(large, null)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(() => store.usage()).toThrow();
  await store.put(large, null);
  assertStored(await readPart(store, 'large'), large);
});

test('does not remember that blobs could not be reached', async () => {
  const rows = createMemoryRows({ inlineUpTo: 1_000 });
  const blobs = createMemoryBlobs();
  await splitStore({ ...rows, close: async () => {} }, blobs).put(large, null);
  let isAway = true;
  const list = (...args: Parameters<BlobStore['list']>) => {
    if (isAway) throw new Error('the bucket is away');
    return blobs.list(...args);
  };
  const store = splitStore(rows, { ...blobs, list });
  const calls = [
    () => readPart(store, 'large'),
    () => store.record('large'),
    () => store.usage(),
    () => store.remove('large'),
  ];
  for (const call of calls) await expect(async () => call()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  isAway = false;
  assertStored(await readPart(store, 'large'), large);
});

test('gives what rows and blobs throw a code, and keeps it as the cause', async () => {
  const cause = new Error('out of order');
  const blobs = { ...createMemoryBlobs(), write: () => Promise.reject(cause) };
  const store = splitStore(createMemoryRows({ inlineUpTo: 1_000 }), blobs);
  await expect(store.put(large, null)).rejects.toMatchObject({ name: 'PixstoreError', code: 'STORAGE_FAILED', cause });
  expect(await store.put(small, null)).toBe(true);
});

test('closes rows and blobs once, and blobs also when rows cannot be closed', async () => {
  const rows = { ...createMemoryRows(), close: vi.fn(() => Promise.reject(new Error('no'))) };
  const blobs = { ...createMemoryBlobs(), close: vi.fn(async () => {}) };
  const store = splitStore(rows, blobs);
  await expect(store.close()).rejects.toThrow('no');
  await expect(store.close()).rejects.toThrow('no');
  expect(rows.close).toHaveBeenCalledOnce();
  expect(blobs.close).toHaveBeenCalledOnce();
});

/** Methods of a class fail when they are taken from their object. */
function asClass<Target extends object>(target: Target): Target {
  class Instance {
    readonly #isSelf = true;
    call(method: (...args: unknown[]) => unknown, args: unknown[]) {
      if (this.#isSelf) return method(...args);
      throw new Error('unreachable');
    }
  }
  const { call } = Instance.prototype;
  const instance = new Instance();
  for (const [name, member] of Object.entries(target)) {
    const bound = function (this: Instance, ...args: unknown[]) {
      return call.call(this, member as () => unknown, args);
    };
    Object.assign(instance, { [name]: typeof member === 'function' ? bound : member });
  }
  return instance as unknown as Target;
}

test('calls methods as those of an object, for they may be those of a class', async () => {
  const blobs: BlobStore = { ...createMemoryBlobs(), close: async () => {} };
  const openBlob = async (name: string): Promise<OpenBlob | null> => {
    const blob = await blobs.open(name);
    return blob && asClass({ ...blob });
  };
  const rows: RowStore = createMemoryRows({ inlineUpTo: 1_000 });
  const store = splitStore(asClass(rows), asClass({ ...blobs, open: openBlob }), { sweepAge: 0 });
  await store.put(large, null);
  await store.put(small, null);
  await store.addParts('large', 1000, versionOf('large', 1000, 5_000, ['thumb']).parts.slice(1));
  assertStored(await readPart(store, 'large'), large);
  assertStored(await readToEnd(await store.open('large')), large);
  for (const find of [store.record, store.version]) expect(await find('large')).toBeTruthy();
  expect(await store.records([{ id: 'large' }])).toHaveLength(1);
  expect(await store.putKeyRing(new Uint8Array(10), 0)).toBe(true);
  expect(await store.keyRing()).toMatchObject({ version: 1 });
  expect(await store.masterKeyIds?.()).toEqual([]);
  await store.addFolderKey({ folder: 'a', generation: 1, wrapped: new Uint8Array(69) }, 1);
  expect(await store.folderKey('a')).toMatchObject({ generation: 1 });
  await store.destroyFolderKeys([{ folder: 'a', generation: 1 }]);
  expect(await store.eraseFolder('a')).toBe(0);
  expect(await store.reseal([])).toBe(0);
  for (const walk of [store.list(), store.sealedKeys(), store.folderKeys()]) for await (const _ of walk);
  expect(await store.remove('large')).toBe(true);
  expect(await store.usage()).toEqual({ images: 1, bytes: 500 });
  expect(await store.lastRemovedToken()).toBe(1000);
  await store.sweep();
  expect(await store.check()).toEqual([]);
  expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
  await store.adopt?.();
  await store.close();
});
