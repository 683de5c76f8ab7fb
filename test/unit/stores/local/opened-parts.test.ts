import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import type { OpenedPart } from '../../../../src/stores/port.js';
import { assertStored, readPart, readToEnd, versionOf } from '../../../../src/testing/versions.js';
import { filesIn } from '../../../support/blobs.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';

const large = versionOf('large', 1000, 300_000);
const small = versionOf('small', 1000, 5_000);

/** A store with an image in a file and one in the database, that counts the files it has open. */
async function openHere() {
  const folder = await temporaryFolder();
  const images = join(folder, 'images');
  const opened = new Set<fs.FileHandle>();
  const store = openLocalStore({
    databasePath: join(folder, 'db.sqlite'),
    imageRootDir: images,
    writer: 'inline',
    fileSystem: {
      ...fs,
      async open(...args) {
        const handle = await fs.open(...args);
        opened.add(handle);
        const close = handle.close.bind(handle);
        handle.close = () => close().finally(() => opened.delete(handle));
        return handle;
      },
    },
  });
  for (const version of [large, small]) await store.put(version, null);
  const open = async () => (await store.open('large')) as OpenedPart;
  return { store, open, filesOpen: () => opened.size, path: () => filesIn(images)[0] };
}

describe('reading from a local store', () => {
  test('answers at once what is in the database, and with a promise what is in a file', async () => {
    const { store, filesOpen } = await openHere();
    const opened = store.open('small');
    expect(opened).not.toBeInstanceOf(Promise);
    assertStored(await readToEnd(await opened), small);
    expect(store.open('none')).toBeNull();
    expect(store.open('large')).toBeInstanceOf(Promise);
    await store.close();
    expect(filesOpen()).toBe(0);
  });

  test('is waited for when the store is closed', async () => {
    const { store } = await openHere();
    const reading = readPart(store, 'large');
    await store.close();
    assertStored(await reading, large);
  });
});

describe('a part that is read in pieces from its file', () => {
  test('has the file open before it is handed out, until it was read', async () => {
    const { store, open, filesOpen } = await openHere();
    const part = await open();
    expect(filesOpen()).toBe(1);
    assertStored(await readToEnd(part), large);
    expect(filesOpen()).toBe(0);
    await store.close();
  });

  test.each<[string, (part: OpenedPart) => Promise<unknown>]>([
    ['was closed unread', (part) => part.close()],
    [
      'was closed while it was read',
      (part) => Promise.all([part.chunks()[Symbol.asyncIterator]().next(), part.close()]),
    ],
    [
      'was left early',
      async (part) => {
        for await (const _ of part.chunks()) break;
      },
    ],
    [
      'met an error of the reader',
      (part) =>
        expect(async () => {
          for await (const _ of part.chunks()) throw new Error('full');
        }).rejects.toThrow('full'),
    ],
    [
      'was made a stream that was destroyed before it was read',
      (part) => once(Readable.from(part.chunks()).destroy(), 'close'),
    ],
  ])('lets go of the file when it %s', async (_, leave) => {
    const { store, open, filesOpen } = await openHere();
    const part = await open();
    expect(filesOpen()).toBe(1);
    await leave(part);
    expect(filesOpen()).toBe(0);
    await part.close();
    await store.close();
  });

  test('is closed with the store, and then says so instead of ending early', async () => {
    const { store, open, filesOpen } = await openHere();
    const [unread, begun, opening] = [await open(), await open(), open()];
    const chunks = begun.chunks()[Symbol.asyncIterator]();
    await chunks.next();
    await store.close();
    expect(filesOpen()).toBe(0);
    await failure('STORE_CLOSED', () => chunks.next());
    for (const part of [unread, await opening]) await failure('STORE_CLOSED', () => readToEnd(part));
  });

  test('fails when its file was cut off, before it was opened or after', async () => {
    const { store, open, path, filesOpen } = await openHere();
    const chunks = (await open()).chunks()[Symbol.asyncIterator]();
    await chunks.next();
    truncateSync(path() as string, 70_000);
    expect((await chunks.next()).value).toHaveLength(70_000 - 65_536);
    const error = await failure('CIPHERTEXT_MISSING', () => chunks.next());
    expect(error.message).not.toContain(path());
    await failure('CIPHERTEXT_MISSING', open);
    expect(filesOpen()).toBe(0);
    await store.close();
  });
});
