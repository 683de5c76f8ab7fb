import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import type { ImageStore } from '../../../../src/stores/port.js';
import type { BlobStore } from '../../../../src/stores/split/blob-store.js';
import type { RowStore } from '../../../../src/stores/split/row-store.js';
import { splitStore } from '../../../../src/stores/split/split-store.js';
import { assertStored, readPart, versionOf } from '../../../../src/testing/versions.js';
import { allNames, ciphertextNames } from '../../../support/split/blob-names.js';
import { createClock, hours } from '../../../support/split/clock.js';
import { createCopyableRows } from '../../../support/split/copyable-rows.js';

const one = versionOf('one', 1000, 500);
const two = versionOf('two', 1001, 500);

/** A place for blobs, a clock, and stores on them, all of whose ciphertexts are in blobs. */
function createPlace() {
  const blobs = createMemoryBlobs();
  const clock = createClock();
  const warnings: string[] = [];
  const logger = { info() {}, warn: (text: unknown) => void warnings.push(String(text)), error() {} };
  return {
    blobs,
    clock,
    warnings,
    open: (rows: RowStore, where: BlobStore = blobs) => splitStore(rows, where, { now: clock.now, logger }),
  };
}

/** Rows, and a copy of them from before `later` was done by a store on the originals. */
async function copied(later: (store: ImageStore) => Promise<unknown>, copyPlace?: string) {
  const place = createPlace();
  const original = createCopyableRows();
  const store = place.open(original.rows);
  await store.put(one, null);
  const copy = await original.copy(copyPlace);
  place.clock.pass(hours(3));
  await later(store);
  place.clock.pass(hours(3));
  return { ...place, original: original.rows, copy: copy.rows, store };
}

const ways: [string, () => ReturnType<typeof copied>][] = [
  ['a session that it does not know', () => copied((store) => store.put(two, null))],
  ['another place', () => copied(async () => {}, 'elsewhere')],
  ['a later epoch', () => copied((store) => store.adopt?.() as Promise<void>)],
];

test.each(ways)('a copy is known by %s: it serves, and removes nothing', async (_, copyRows) => {
  const { blobs, copy, open, warnings, clock } = await copyRows();
  const before = await ciphertextNames(blobs);
  const store = open(copy);
  assertStored(await readPart(store, 'one'), one);
  expect(warnings).toHaveLength(1);
  expect(await store.remove('one')).toBe(true);
  clock.pass(hours(9));
  expect(await store.sweep({ all: true })).toBe(0);
  expect(await ciphertextNames(blobs)).toEqual(before);
  expect((await store.check()).map(({ kind }) => kind)).toContain('not-adopted');
  expect(await store.health?.()).toMatchObject({ status: expect.stringMatching('degraded|failed') });
  await store.close();
  expect(warnings).toHaveLength(1);
});

test('a copy saves, and the other store then knows that there is one', async () => {
  const { blobs, copy, store, open, clock } = await copied(async () => {});
  const other = open(copy);
  expect(await other.put(versionOf('three', 2000, 500), null)).toBe(true);
  clock.pass(hours(3));
  expect(await store.sweep()).toBe(0);
  await store.remove('one');
  expect(await store.health?.()).toMatchObject({ status: 'degraded' });
  expect(await ciphertextNames(blobs)).toHaveLength(2);
  assertStored(await readPart(other, 'one'), one);
});

test('once a copy is adopted it sweeps what only the others knew, and these save no blob any more', async () => {
  const { blobs, copy, original, open, clock } = await copied((store) => store.put(two, null));
  const store = open(copy);
  await store.adopt?.();
  expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
  clock.pass(hours(3));
  expect(await store.sweep()).toBe(1);
  expect(await ciphertextNames(blobs)).toHaveLength(1);
  assertStored(await readPart(store, 'one'), one);
  expect(await store.check()).toEqual([]);
  await store.put(two, null);

  const former = open(original);
  assertStored(await readPart(former, 'one'), one);
  await expect(former.put(versionOf('three', 2000, 500), null)).rejects.toMatchObject({ code: 'STORE_SUPERSEDED' });
  expect(await former.sweep()).toBe(0);
  expect(await former.health?.()).toMatchObject({ status: 'failed' });

  await former.adopt?.();
  await former.put(versionOf('three', 2000, 500), null);
  clock.pass(hours(3));
  await expect(store.put(versionOf('four', 3000, 500), null)).rejects.toMatchObject({ code: 'STORE_SUPERSEDED' });
});

test('a store that was written in before goes on to its session, and then no more, when a copy is adopted', async () => {
  const { store, copy, open, clock } = await copied(async () => {});
  await open(copy).adopt?.();
  clock.pass(hours(2));
  await expect(store.put(two, null)).rejects.toMatchObject({ code: 'STORE_SUPERSEDED' });
  expect(await store.record('two')).toBeNull();
});

test('a store that goes on while a copy is adopted removes no blob from then on, and knows why', async () => {
  const { store, copy, open, blobs, warnings, clock } = await copied(async () => {});
  const adopted = open(copy);
  await adopted.adopt?.();
  const before = await ciphertextNames(blobs);
  expect(await store.remove('one')).toBe(true);
  expect(await ciphertextNames(blobs)).toEqual(before);
  expect(warnings).toHaveLength(1);
  expect((await store.health?.())?.problems.join()).toContain('adopt()');
  clock.pass(hours(9));
  expect(await store.sweep({ all: true })).toBe(0);
  assertStored(await readPart(adopted, 'one'), one);
});

test('a store that is refused a session, since a copy was adopted, removes no blob either', async () => {
  const { store, original, copy, open, clock } = await copied(async () => {});
  await open(copy).adopt?.();
  clock.pass(hours(2));
  await expect(store.put(two, null)).rejects.toMatchObject({ code: 'STORE_SUPERSEDED' });
  expect(await original.identity()).toMatchObject({ isAdopted: false });
});

test('a sweep removes no blob any more once a copy is adopted in the midst of it', async () => {
  const { original, copy, open, blobs, clock } = await copied((store) => store.put(two, null));
  const keeping = open(original, { ...blobs, remove: () => Promise.reject(new Error('not now')) });
  await keeping.remove('one'); // its blob is noted as given up
  clock.pass(hours(9));
  const before = await ciphertextNames(blobs);
  const sweeping = open({
    ...original,
    async *givenUpBlobs() {
      await open(copy).adopt?.();
      yield* original.givenUpBlobs();
    },
  });
  expect(await sweeping.sweep()).toBe(0);
  expect(await ciphertextNames(blobs)).toEqual(before);
});

test('of copies that are adopted at once, one at most is', async () => {
  for (let round = 0; round < 50; round += 1) {
    const { blobs, copy, original, open } = await copied(async () => {});
    const slow = slowly(blobs, round);
    const stores = [open(original, slow), open(copy, slow)];
    const adoptions = await Promise.allSettled(stores.map((store) => store.adopt?.()));
    for (const each of adoptions) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'STORE_SUPERSEDED' });
    }
    const healths = await Promise.all(stores.map((store) => store.health?.()));
    expect(healths.filter((health) => health?.status === 'ok').length).toBeLessThanOrEqual(1);
    // Whoever says it once more is the right one.
    await stores[0]?.adopt?.();
    expect(await stores[0]?.health?.()).toMatchObject({ status: 'ok' });
  }
});

test('a mark is never written over', async () => {
  const place = createPlace();
  const names = new Set<string>();
  const once: BlobStore = {
    ...place.blobs,
    async write(name, bytes) {
      if (names.has(name)) throw new Error('there is such a blob');
      names.add(name);
      await place.blobs.write(name, bytes);
    },
  };
  const { rows } = createCopyableRows();
  const stores = [place.open(rows, once), place.open(rows, once)];
  await Promise.all(stores.map((store, index) => store.put(versionOf(`id${index}`, 1000, 500), null)));
  await stores[0]?.adopt?.();
  await stores[1]?.adopt?.();
  expect(await stores[0]?.health?.()).toEqual({ status: 'ok', problems: [] });
});

async function stored(count: number) {
  const place = createPlace();
  const { rows } = createCopyableRows();
  const store = place.open(rows);
  for (let index = 0; index < count; index += 1) await store.put(versionOf(`id${index}`, 1000, 500), null);
  await store.close();
  return { ...place, rows };
}

async function removeWhere(blobs: BlobStore, isDoomed: (name: string) => boolean) {
  for (const name of await allNames(blobs)) if (isDoomed(name)) await blobs.remove(name);
}

const isCiphertext = (name: string) => !name.includes('/epochs/') && !name.includes('/sessions/');

test.each([
  ['another, empty place', 1, () => true],
  ['another, empty place, with many blobs named', 30, () => true],
  ['a place with its mark and without all of a sample', 30, isCiphertext],
])('refuses to open in front of %s, and does not make it anew', async (_, count, isDoomed) => {
  const { rows, blobs, open } = await stored(count);
  await removeWhere(blobs, isDoomed);
  const before = await allNames(blobs);
  const store = open(rows);
  for (const work of [
    () => readPart(store, 'id0'),
    () => store.put(two, null),
    () => store.sweep(),
    () => store.adopt?.(),
  ]) {
    await expect(async () => work()).rejects.toMatchObject({ code: 'IMAGE_DIR_MISSING' });
  }
  expect(await allNames(blobs)).toEqual(before);
  await store.close();
});

test('opens in front of what was missing, as soon as it is there again', async () => {
  const { rows, blobs, open } = await stored(2);
  let isMissing = true;
  const store = open(rows, {
    ...blobs,
    size: async (name) => (isMissing ? null : blobs.size(name)),
    list: (prefix, after) => blobs.list(isMissing ? 'none' : prefix, after),
  });
  await expect(async () => readPart(store, 'id0')).rejects.toMatchObject({ code: 'IMAGE_DIR_MISSING' });
  isMissing = false;
  assertStored(await readPart(store, 'id0'), versionOf('id0', 1000, 500));
});

test('is degraded when a single blob is missing', async () => {
  const { rows, blobs, open } = await stored(3);
  let isFirst = true;
  await removeWhere(blobs, (name) => {
    const isDoomed = isCiphertext(name) && isFirst;
    if (isDoomed) isFirst = false;
    return isDoomed;
  });
  const store = open(rows);
  expect(await store.health?.()).toMatchObject({ status: 'degraded' });
  expect((await store.check()).map(({ kind }) => kind)).toEqual(['ciphertext-missing']);
  expect(await store.put(two, null)).toBe(true);
});

test('serves without its mark as long as the blobs are there, keeps and removes none, and is adopted anew', async () => {
  const { rows, blobs, open, clock } = await stored(3);
  await removeWhere(blobs, (name) => name.includes('/epochs/'));
  const store = open(rows);
  assertStored(await readPart(store, 'id0'), versionOf('id0', 1000, 500));
  expect(await store.health?.()).toMatchObject({ status: 'failed' });
  clock.pass(hours(3));
  await expect(store.put(two, null)).rejects.toMatchObject({ code: 'IMAGE_DIR_MISSING' });
  await expect(store.sweep()).rejects.toMatchObject({ code: 'IMAGE_DIR_MISSING' });
  await store.adopt?.();
  expect(await store.put(two, null)).toBe(true);
  expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
});

/** Takes one to three turns of the loop for every call. */
function slowly(blobs: BlobStore, seed: number): BlobStore {
  let calls = seed;
  const wait = async () => {
    calls = (calls * 1_103_515_245 + 12_345) % 2_147_483_648;
    for (let turns = calls % 3; turns >= 0; turns -= 1) await new Promise(setImmediate);
  };
  return {
    ...blobs,
    async write(name, bytes) {
      await wait();
      await blobs.write(name, bytes);
      await wait();
    },
    async *list(prefix, after) {
      await wait();
      yield* blobs.list(prefix, after);
    },
  };
}
