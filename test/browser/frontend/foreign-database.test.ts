import { describe, expect, test } from 'vitest';
import { cachedIds, elsewhere, get, picture, save, sources, withoutMemory } from '../harness/pictures.js';
import { eventually, openContext, openTab, useWorld } from '../harness/world.js';

// The disk cache may fail in any way it likes: the picture shows.
const world = useWorld();

describe('a database that is not ours', () => {
  test.each([
    ['has stores of other names', 1, ['pictures'], 'id'],
    ['has a store of our name, made in another way', 1, ['images', 'images-usage'], null],
    ['lacks the usage store', 1, ['images'], 'id'],
    ['lacks the index', 1, ['images', 'images-usage'], 'id'],
    ['has no stores', 1, [], null],
    ['has a higher version', 7, ['images', 'images-usage'], 'id'],
  ])('is made anew when it %s', async (_, version, stores, keyPath) => {
    const record = await save(world);
    const context = await openContext(world);
    const other = await openTab(world, elsewhere, context);
    await other.evaluate(
      async ([version, stores, keyPath]) => {
        const make = (database: IDBDatabase) => {
          for (const name of stores) database.createObjectStore(name, { keyPath });
        };
        (await helpers.openRaw('pixstore', version, make)).close();
      },
      [version, stores, keyPath] as const,
    );
    const tab = await openTab(world, withoutMemory, context);
    expect(await get(tab, record)).toMatchObject(picture);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    await get(tab, record);
    expect(await sources(tab)).toEqual(['network', 'disk']);
    expect(await tab.evaluate(describeUsageStore)).toEqual(['id', 'lastUsed']);
  });

  test('of a lower version is upgraded, and starts empty', async () => {
    const record = await save(world);
    const context = await openContext(world);
    const before = await openTab(world, {}, context);
    await get(before, record);
    await eventually(() => cachedIds(before)).toEqual([record.id]);
    await before.close();
    const tab = await openTab(world, { frontendDbVersion: 2 }, context);
    expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
  });

  test('because another frontend keeps other stores in it is not made anew again and again', async () => {
    const record = await save(world);
    const context = await openContext(world);
    const tabs = [
      await openTab(world, withoutMemory, context),
      await openTab(world, { ...withoutMemory, imageStoreName: 'thumbs' }, context),
    ];
    for (const tab of tabs) {
      await tab.evaluate(() => {
        const { deleteDatabase } = IDBFactory.prototype;
        IDBFactory.prototype.deleteDatabase = function (name) {
          document.title += ' deletion';
          return deleteDatabase.call(this, name);
        };
      });
    }
    for (const tab of [...tabs, ...tabs, ...tabs, ...tabs]) expect(await get(tab, record)).toMatchObject(picture);
    const titles = await Promise.all(tabs.map((tab) => tab.title()));
    expect(titles.join().match(/deletion/g)?.length).toBeLessThanOrEqual(2);
  });

  test('with rows that are not ours is read as if they were not there', async () => {
    const record = await save(world);
    const tab = await openTab(world, withoutMemory);
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    await tab.evaluate(async ({ id, token }) => {
      const database = await helpers.openRaw('pixstore');
      database.transaction('images', 'readwrite').objectStore('images').put({ id, token, ciphertext: 7 });
      database.close();
    }, record);
    expect(await get(tab, record)).toMatchObject(picture);
    expect(await sources(tab)).toEqual(['network', 'network']);
  });
});

/** Runs in the page: key path and indexes of the store by which images are evicted. */
async function describeUsageStore(): Promise<unknown[]> {
  const database = await helpers.openRaw('pixstore');
  const store = database.transaction('images-usage').objectStore('images-usage');
  database.close();
  return [store.keyPath, ...store.indexNames];
}
