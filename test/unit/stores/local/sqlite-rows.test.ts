import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import { sqliteRows } from '../../../../src/stores/local/sqlite-rows.js';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import { splitStore } from '../../../../src/stores/split/split-store.js';
import { temporaryFolder } from '../../../support/folders.js';

test.each([
  [{}, 'databasePath'],
  [{ databasePath: '' }, 'databasePath'],
  [{ databasePath: ':memory:' }, 'databasePath'],
  [{ databasePath: 'file:///a' }, 'databasePath'],
  [{ databasePath: 'a', inlineUpTo: -1 }, 'inlineUpTo'],
  [{ databasePath: 'a', busyTimeout: 'long' }, 'busyTimeout'],
  [{ databasePath: 'a', writer: 'other' }, 'writer'],
  [{ databasePath: 'a', imageRootDir: 'b' }, 'imageRootDir'],
])('options %j are refused, by the name of %s', (options, name) => {
  expect(() => sqliteRows(options as never)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }),
  );
});

test('a database of the local store, whose files are in its folder, is not taken for one without', async () => {
  const folder = await temporaryFolder();
  const databasePath = join(folder, 'images.sqlite');
  await openLocalStore({ databasePath, imageRootDir: join(folder, 'images'), writer: 'inline' }).close();
  const store = splitStore(sqliteRows({ databasePath, writer: 'inline', inlineUpTo: 0 }), createMemoryBlobs());
  const part = { variant: undefined, iv: new Uint8Array(12), tag: new Uint8Array(16), sealedKey: new Uint8Array(61) };
  const version = { id: 'a', token: 1, parts: [{ ...part, ciphertext: new Uint8Array(100) }] };
  await expect(store.put(version, null)).rejects.toMatchObject({ code: 'IMAGE_DIR_MISSING' });
  await store.close();
});
