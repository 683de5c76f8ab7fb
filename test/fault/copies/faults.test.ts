import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyStore, createMemoryStore, listBackups, openLocalStore } from '../../../src/backend/index.js';
import { backendOn, contentsOf, last, localIn } from '../../contract/copies/places.js';
import { quietLogger } from '../../support/backend.js';
import { filesIn } from '../../support/blobs.js';
import { failure } from '../../support/errors.js';
import { photo } from '../../support/photos.js';
import { smallPicture } from '../../support/small-picture.js';
import { quickFolder } from '../support/quick-folder.js';
import { smallDisk } from '../support/small-disk.js';

const cat = photo('cat.png');

/** A backend with some images of 305 kB and some small ones. */
async function filled(folder?: string) {
  const backend = backendOn(localIn(folder ?? (await quickFolder())));
  for (const id of ['a', 'b', 'c']) await backend.saveImage(cat, { id });
  for (const id of ['d', 'e']) await backend.saveImage(smallPicture(), { dir: 'small', id });
  return backend;
}

describe('a full disk', () => {
  test('ends a backup; the store is whole, the backups of before as well, and with room it goes on', async (context) => {
    const disk = await smallDisk(4 * 1024 * 1024);
    if (!disk.real) context.skip();
    const place = join(disk.folder, 'backups');
    const backend = await filled();
    await last(backend.backUpTo(place));
    const [first] = await listBackups(place);
    for (const id of ['f', 'g']) await backend.saveImage(cat, { id });
    const before = await contentsOf(backend);
    await disk.fill(20);
    const { message } = await failure('STORAGE_FULL', () => last(backend.backUpTo(place)));
    expect(message).not.toContain(disk.folder);
    expect(await contentsOf(backend)).toEqual(before);
    expect((await listBackups(place)).map(({ name }) => name)).toEqual([first?.name]);
    expect(await last(backend.verifyBackup(place))).toMatchObject({ sound: 5, damaged: [] });
    await disk.free();
    await last(backend.backUpTo(place));
    expect(await last(backend.verifyBackup(place))).toMatchObject({ sound: 7, damaged: [] });
  });

  test('ends a restore and a copy; with room they go on', async (context) => {
    const disk = await smallDisk(4 * 1024 * 1024);
    if (!disk.real) context.skip();
    const backend = await filled();
    const place = await quickFolder();
    await last(backend.backUpTo(place));
    for (const work of ['restore', 'copy'] as const) {
      const store = localIn(join(disk.folder, work));
      const target = backendOn(store);
      const run = () =>
        work === 'restore' ? last(target.restoreFrom(place)) : last(copyStore({ from: backend, to: store }));
      await disk.fill(100);
      await failure('STORAGE_FULL', async () => run());
      await disk.free();
      expect(await run()).toMatchObject({ step: 'done', failures: [] });
      expect(await contentsOf(target)).toEqual(await contentsOf(backend));
    }
  });
});

test('a place that cannot be written is said, and the store goes on', async () => {
  const backend = await filled();
  const folder = await quickFolder();
  writeFileSync(join(folder, 'file'), '');
  const { message } = await failure('STORAGE_FAILED', () => last(backend.backUpTo(join(folder, 'file', 'below'))));
  expect(message).not.toContain(folder);
  expect(await backend.health()).toEqual({ status: 'ok', problems: [] });
});

describe('yesterday beside today', () => {
  test('a backup that is put back into the folder of today removes nothing there', async () => {
    const folder = await quickFolder();
    const today = await filled(folder);
    const place = await quickFolder();
    await last(today.backUpTo(place));
    await today.updateImage('a', cat);
    await today.deleteImage('b');
    await today.saveImage(cat, { id: 'new' });
    const [before, files] = [await contentsOf(today), filesIn(join(folder, 'images')).sort()];

    const store = openLocalStore({
      databasePath: join(folder, 'yesterday.sqlite'),
      imageRootDir: join(folder, 'images'), // of today's
      inlineUpTo: 20_000,
      writer: 'inline',
      sweepAge: 0,
      logger: quietLogger(),
    });
    const yesterday = backendOn(store);
    await last(yesterday.restoreFrom(place));
    expect(Object.keys(await contentsOf(yesterday))).toEqual(['a', 'b', 'c', 'small:d', 'small:e']);
    expect(await yesterday.health()).toEqual({ status: 'ok', problems: [] });
    await yesterday.deleteImage('c');
    await store.sweep({ all: true });
    expect(filesIn(join(folder, 'images'))).toEqual(expect.arrayContaining(files));
    expect(await contentsOf(today)).toEqual(before);
  });

  test('its database, put before the folder of today, removes nothing until it is adopted, and says what differs', async () => {
    const folder = await quickFolder();
    const today = await filled(folder);
    const copy = join(await quickFolder(), 'copy');
    await today.backup(copy);
    await today.deleteImage('b');
    await today.saveImage(cat, { id: 'new' });
    const [before, files] = [await contentsOf(today), filesIn(join(folder, 'images')).sort()];
    cpSync(join(copy, 'pixstore.sqlite'), join(folder, 'yesterday.sqlite'));
    const yesterday = backendOn(
      openLocalStore({
        databasePath: join(folder, 'yesterday.sqlite'),
        imageRootDir: join(folder, 'images'),
        inlineUpTo: 20_000,
        writer: 'inline',
        sweepAge: 0,
        logger: quietLogger(),
      }),
    );
    expect(await yesterday.health()).toMatchObject({ status: 'degraded' });
    const kinds: string[] = [];
    for await (const { problem } of yesterday.check({ fast: true })) if (problem) kinds.push(problem.kind);
    expect(kinds).toContain('not-adopted');
    expect(kinds).toContain('ciphertext-missing');
    await yesterday.store.sweep({ all: true });
    expect(filesIn(join(folder, 'images')).sort()).toEqual(files);
    expect(await contentsOf(today)).toEqual(before);
  });
});

test('a folder that was erased after the backup of a store that is lost does not come back, if it is named', async () => {
  const folder = await quickFolder();
  const backend = await filled(folder);
  const place = await quickFolder();
  await last(backend.backUpTo(place));
  await backend.deleteImages('small');
  await backend.close(); // and its disk is gone
  const restored = backendOn(createMemoryStore());
  const { erased } = await last(restored.restoreFrom(place, { erased: ['small'] }));
  expect(erased).toBe(2);
  expect(Object.keys(await contentsOf(restored))).toEqual(['a', 'b', 'c']);
  expect(readdirSync(join(place, 'keys'))).toHaveLength(1);
});
