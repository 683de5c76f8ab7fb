import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import { filesIn } from '../support/blobs.js';
import { failure } from '../support/errors.js';
import { quickFolder } from './support/quick-folder.js';

const large = (id: string) => versionOf(id, 1_000, 3_000);
const small = (id: string) => versionOf(id, 1_000, 100);

async function place(writer: 'inline' | 'thread' = 'inline') {
  const folder = await quickFolder();
  const images = join(folder, 'images');
  const warn = () => {};
  const open = () =>
    openLocalStore({
      databasePath: join(folder, 'db.sqlite'),
      imageRootDir: images,
      inlineUpTo: 1_000,
      writer,
      logger: { info: warn, warn, error: warn },
    });
  const unmount = () => renameSync(images, `${images}.elsewhere`);
  const mount = () => {
    rmSync(images, { recursive: true, force: true });
    renameSync(`${images}.elsewhere`, images);
  };
  return { folder, images, open, unmount, mount };
}

const absences: [string, (images: string) => void][] = [
  ['is not there', () => {}],
  ['is an empty mount point', (images) => mkdirSync(images)],
];

describe('the disk of the images is not mounted: imageRootDir', () => {
  test.each(absences)('%s, opening is refused, and nothing is made', async (_, leave) => {
    const { folder, images, open, unmount, mount } = await place();
    const store = open();
    for (const id of ['one', 'two']) await store.put(large(id), null);
    await store.close();
    unmount();
    leave(images);
    const error = await failure('IMAGE_DIR_MISSING', open);
    expect(error.message).not.toContain(folder);
    expect(existsSync(images) ? readdirSync(images) : []).toEqual([]);
    mount();
    const again = open();
    assertStored(await readPart(again, 'one'), large('one'));
    await again.close();
  });

  test.each(absences)('%s, all at once: health says so, saves fail, and nothing is made', async (_, leave) => {
    const { images, open, unmount, mount } = await place();
    const store = open();
    await store.put(large('one'), null);
    await store.put(small('small'), null);
    unmount();
    leave(images);
    expect(await store.health?.()).toMatchObject({ status: 'failed', problems: [expect.stringContaining('mount')] });
    for (const version of [large('late'), small('late')]) {
      await failure('IMAGE_DIR_MISSING', () => store.put(version, null));
    }
    await failure('IMAGE_DIR_MISSING', () => store.put(versionOf('small', 2_000, 100), 'older'));
    await failure('IMAGE_DIR_MISSING', () => store.sweep());
    await failure('IMAGE_DIR_MISSING', async () => store.adopt?.());
    await failure('CIPHERTEXT_MISSING', () => readPart(store, 'one'));
    assertStored(await readPart(store, 'small'), small('small'));
    expect(existsSync(images) ? readdirSync(images) : []).toEqual([]);
    expect(await store.remove('small')).toBe(true); // its key is in the database

    mount();
    expect(await store.put(versionOf('late', 1_001, 3_000), null)).toBe(true);
    assertStored(await readPart(store, 'one'), large('one'));
    await store.close();
    expect(filesIn(images)).toHaveLength(2);
  });

  test('goes before the first image is saved in a file, and nothing is made', async () => {
    const { images, open, unmount } = await place();
    const store = open();
    unmount();
    await failure('IMAGE_DIR_MISSING', () => store.put(large('late'), null));
    expect(existsSync(images)).toBe(false);
    await store.close();
  });

  test('is another folder, and opening is refused', async () => {
    const { images, open } = await place();
    const store = open();
    for (const id of ['one', 'two']) await store.put(large(id), null);
    await store.close();
    const { images: others, open: openOther } = await place();
    const other = openOther();
    await other.put(large('three'), null);
    await other.close();
    rmSync(images, { recursive: true });
    renameSync(others, images);
    await failure('IMAGE_DIR_MISSING', open);
    expect(filesIn(images)).toHaveLength(1);
  });

  test('has our mark and none of our images, and opening is refused', async () => {
    const { images, open } = await place();
    const store = open();
    for (const id of ['one', 'two', 'three']) await store.put(large(id), null);
    await store.close();
    for (const file of filesIn(images)) rmSync(file);
    await failure('IMAGE_DIR_MISSING', open);
  });

  test('lacks some of our images, and health says so', async () => {
    const { images, open } = await place();
    const store = open();
    for (const id of ['one', 'two']) await store.put(large(id), null);
    await store.close();
    rmSync(filesIn(images)[0] as string);
    const again = open();
    for (const id of ['one', 'two']) await Promise.resolve(readPart(again, id)).catch(() => {});
    expect(await again.health?.()).toMatchObject({ status: 'degraded' });
    await again.close();
  });
});
