import { join } from 'node:path';
import { openLocalStore as openBuiltStore } from 'pixstore/backend';
import { expect, test } from 'vitest';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { versionOf } from '../../src/testing/versions.js';
import { assertOneOf, type Change, makeAll, save, update } from './support/changes.js';
import { type SmallDisk, smallDisk } from './support/small-disk.js';

const smallSize = 5_000;
const largeSize = 100_000;

const settingsOn = ({ folder, options }: SmallDisk) => ({
  databasePath: join(folder, 'images.sqlite'),
  imageRootDir: join(folder, 'images'),
  sweepAge: 0,
  ...options,
});

test.each([
  ['on this thread', openLocalStore, 'inline'],
  ['on a thread of its own', openBuiltStore, 'thread'],
] as const)(
  'on a full disk changes fail, the old versions stay, and all goes on when there is room; written %s',
  async (_, openStore, writer) => {
    const disk = await smallDisk(4 * 1024 * 1024);
    const open = () => openStore({ ...settingsOn(disk), writer });
    let store = open();
    const small = versionOf('small', 1_000, smallSize);
    const large = versionOf('large', 1_000, largeSize, ['thumb']);
    for (const version of [small, large]) await store.put(version, null);
    await disk.fill();

    const changes: Change[] = [
      // More than there is room for in the write-ahead log as it is.
      save(versionOf('other-small', 1_001, 60_000)),
      save(versionOf('other-large', 1_001, largeSize)),
      update(small, versionOf('small', 1_001, 60_000)),
      update(large, versionOf('large', 1_001, largeSize)),
    ];
    for (const change of changes) expect(await makeAll(store, [change])).toEqual(['STORAGE_FULL']);
    expect(await makeAll(store, changes)).toEqual(changes.map(() => 'STORAGE_FULL'));
    for (const { id, before } of changes) await assertOneOf(store, id, [before]);
    expect(await store.check()).toEqual([]);

    await store.close();
    store = open();
    for (const { id, before } of changes) await assertOneOf(store, id, [before]);

    await disk.free();
    expect(await makeAll(store, changes)).toEqual(changes.map(() => 'done'));
    for (const { id, after } of changes) await assertOneOf(store, id, [after]);
    await store.close();
  },
);

test('a disk may be full at any page of a save, and half a save takes up no room', async ({ skip }) => {
  const disk = await smallDisk(10 * 1024 * 1024);
  if (!disk.real) skip('mounting a small disk is not allowed here; the test before has pretended one');
  const store = openLocalStore({ ...settingsOn(disk), writer: 'inline' });
  const endings: string[] = [];
  for (let pagesLeft = 0; pagesLeft < 40; pagesLeft += 1) {
    await disk.fill(pagesLeft);
    const change = save(versionOf(`i${pagesLeft}`, 1_000 + pagesLeft, largeSize));
    const [ending = ''] = await makeAll(store, [change]);
    endings.push(ending);
    await assertOneOf(store, change.id, [ending === 'done' ? change.after : null]);
    expect(await store.check()).toEqual([]);
    await disk.free();
    if (ending !== 'done') expect(await makeAll(store, [change])).toEqual(['done']);
  }
  expect(new Set(endings)).toEqual(new Set(['STORAGE_FULL', 'done']));
  await store.close();
});
