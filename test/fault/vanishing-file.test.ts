import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import type { ImageStore, StoredPart } from '../../src/stores/port.js';
import { assertStored, readPart, readToEnd, versionOf } from '../../src/testing/versions.js';
import { intercept } from './support/intercept.js';
import { quickFolder } from './support/quick-folder.js';

/** Files have this name from when they are whole on. */
const blobPath = /[0-9a-f]{32}$/;

const waysToRead: [string, (store: ImageStore) => Promise<StoredPart | null>][] = [
  ['whole', async (store) => readPart(store, 'one')],
  ['in pieces', async (store) => readToEnd(await store.open('one'))],
];

/** A store in which something happens between a reader's look at the row and its opening of the file. */
async function openInterrupted() {
  const folder = await quickFolder();
  const interruptions: (() => Promise<unknown>)[] = [];
  const store = openLocalStore({
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    inlineUpTo: 0,
    writer: 'inline',
    fileSystem: intercept<typeof nodeFs>(nodeFs, async (name, work, [path]) => {
      if (name === 'open' && blobPath.test(String(path))) await interruptions.shift()?.();
      return work();
    }),
  });
  await store.put(versionOf('one', 1_000), null);
  return { store, interruptions };
}

describe.each(waysToRead)('a reader that reads %s', (_, read) => {
  test('and whose file vanishes in an update reads the version that took its place, however often', async () => {
    const { store, interruptions } = await openInterrupted();
    for (let token = 1_001; token < 1_005; token += 1) {
      interruptions.push(() => store.put(versionOf('one', token), token - 1));
    }
    assertStored(await read(store), versionOf('one', 1_004));
    expect(interruptions).toHaveLength(0);
    await store.close();
  });

  test('and whose file vanishes in a removal finds no image', async () => {
    const { store, interruptions } = await openInterrupted();
    interruptions.push(() => store.remove('one'));
    expect(await read(store)).toBeNull();
    expect(interruptions).toHaveLength(0);
    await store.close();
  });
});
