import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cachedIds, get, picture, save, sources, withoutMemory } from '../harness/pictures.js';
import { sandboxed } from '../harness/site.js';
import { eventually, launchOptions, openContext, openTab, useWorld } from '../harness/world.js';

// The disk cache may fail in any way it likes: the picture shows.
const world = useWorld();

describe('a browser', () => {
  test('that clears the site’s data closes our connection, and we open it again', async () => {
    const record = await save(world);
    const tab = await openTab(world, withoutMemory);
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    const devtools = await tab.context().newCDPSession(tab);
    await devtools.send('Storage.clearDataForOrigin', { origin: world.site.origin, storageTypes: 'indexeddb' });
    expect(await get(tab, record)).toMatchObject(picture);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    await get(tab, record);
    expect(await sources(tab)).toEqual(['network', 'network', 'disk']);
  });

  test('that has no room left shows the picture, and room is made for the next', async () => {
    const records = await Promise.all(Array.from({ length: 9 }, () => save(world)));
    const [last] = records;
    const tab = await openTab(world, { ...withoutMemory, frontendCleanupBatch: 2 });
    await limitStorage(tab, 2_000_000); // some of the nine fit
    for (const record of records.reverse()) expect(await get(tab, record)).toMatchObject(picture);
    if (!last) throw new Error('nothing was saved');
    await eventually(async () => {
      await get(tab, last);
      return cachedIds(tab);
    }).toContain(last.id);
    expect((await cachedIds(tab)).length).toBeLessThan(records.length);
  });

  test('that has no room from the start shows the picture', async () => {
    const record = await save(world);
    const tab = await openTab(world, withoutMemory);
    await limitStorage(tab, 1);
    expect(await get(tab, record)).toMatchObject(picture);
    // While it waits to be written it is there; then there is no room for it.
    await eventually(async () => {
      expect(await get(tab, record)).toMatchObject(picture);
      return (await sources(tab)).slice(1);
    }).toContain('network');
    await tab.evaluate(() => frontend.clearImageCache());
  });

  test('that lost the files of its database shows the picture, and caches again', async () => {
    const [record, other] = [await save(world), await save(world)];
    const profile = await temporaryProfile();
    const context = await chromium.launchPersistentContext(profile, await launchOptions());
    onTestFinished(() => context.close());
    const tab = await openTab(world, withoutMemory, context);
    await get(tab, other);
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toHaveLength(2);
    expect(await eachFile(profile, /indexeddb\.blob/, (path) => rm(path))).toBe(2);
    expect(await get(tab, record)).toMatchObject(picture);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    await get(tab, record);
    expect(await sources(tab)).toEqual(['network', 'network', 'network', 'disk']);
  });

  test('that finds its database damaged at start shows the picture, and caches again', async () => {
    const record = await save(world);
    const profile = await temporaryProfile();
    for (const run of [1, 2]) {
      const context = await chromium.launchPersistentContext(profile, await launchOptions());
      const tab = await openTab(world, withoutMemory, context);
      expect(await get(tab, world.backend.record(record.id))).toMatchObject(picture);
      await eventually(() => cachedIds(tab)).toEqual([record.id]);
      expect(await sources(tab)).toEqual(['network']);
      await context.close();
      if (run === 1) expect(await eachFile(profile, /indexeddb\.leveldb/, (path) => writeFile(path, 'x'))).not.toBe(0);
    }
  });

  test('that gives the page no storage at all shows the picture', async () => {
    const record = await save(world);
    const tab = await openTab(world, withoutMemory, undefined, world.site.origin + sandboxed);
    expect(await tab.evaluate(() => origin)).toBe('null');
    expect(await get(tab, record)).toMatchObject(picture);
    await tab.evaluate(() => frontend.clearImageCache());
    expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
  });

  test('that has no IndexedDB shows the picture, and clearing the cache is no error', async () => {
    const record = await save(world);
    const context = await openContext(world);
    await context.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
    const tab = await openTab(world, {}, context);
    expect(await get(tab, record)).toMatchObject(picture);
    expect(await tab.evaluate((id) => frontend.deleteCachedImage(id), record.id)).toBe(true);
    await tab.evaluate(() => frontend.clearImageCache());
  });
});

/** Emulates a full disk. Chromium goes by it from the first use of a database on. */
async function limitStorage(tab: Page, quotaSize: number): Promise<void> {
  const devtools = await tab.context().newCDPSession(tab);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: world.site.origin, quotaSize });
}

async function temporaryProfile(): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), 'pixstore-profile-'));
  onTestFinished(() => rm(profile, { recursive: true, force: true }));
  return profile;
}

/** How many files of a profile it was. */
async function eachFile(folder: string, path: RegExp, change: (path: string) => Promise<void>): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const matching = paths.filter((file) => path.test(file));
  await Promise.all(matching.map(change));
  return matching.length;
}
