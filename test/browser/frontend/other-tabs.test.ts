import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { cachedIds, elsewhere, get, picture, save, sources, withoutMemory } from '../harness/pictures.js';
import { eventually, openContext, openTab, stopClock, useWorld } from '../harness/world.js';

// The disk cache may fail in any way it likes: the picture shows.
const world = useWorld();

describe('another tab', () => {
  test('that clears the cache clears it here too: in memory, and what is on its way ends', async () => {
    const [shown, late, next] = [await save(world), await save(world), await save(world)];
    const context = await openContext(world);
    const tab = await openTab(world, {}, context);
    const other = await openTab(world, {}, context);
    await get(tab, shown);
    await eventually(() => cachedIds(tab)).toEqual([shown.id]);
    const held = holdAnswer(world.tap);
    const image = get(tab, late);
    await held.arrived;
    await other.evaluate(() => frontend.clearImageCache());
    await eventually(() => tab.evaluate((id) => frontend.cachedImageExists(id), shown.id)).toBe(false);
    held.release();
    world.tap.meddle = undefined;
    expect(await image).toMatchObject({ code: 'CACHE_CLEARED' });
    await get(tab, next);
    await eventually(() => cachedIds(tab)).toContain(next.id);
    expect(await cachedIds(tab)).toEqual([next.id]);
    await get(tab, late);
    await get(tab, shown);
    expect((await sources(tab)).slice(-2)).toEqual(['network', 'network']);
  });

  test('that deletes an image deletes it here too, and no other', async () => {
    const [gone, kept] = [await save(world), await save(world)];
    const context = await openContext(world);
    const tab = await openTab(world, {}, context);
    const other = await openTab(world, {}, context);
    await get(tab, gone);
    await get(tab, kept);
    await eventually(() => cachedIds(tab)).toHaveLength(2);
    await other.evaluate((id) => frontend.deleteCachedImage(id), gone.id);
    await eventually(() => tab.evaluate((id) => frontend.cachedImageExists(id), gone.id)).toBe(false);
    await get(tab, kept);
    await get(tab, gone);
    expect(await sources(tab)).toEqual(['network', 'network', 'memory', 'network']);
  });

  test('that holds on to a foreign database does not keep us waiting, and is not needed when it lets go', async () => {
    const record = await save(world);
    const context = await openContext(world);
    const holder = await holdDatabase(context, 1);
    const tab = await openTab(world, withoutMemory, context);
    const other = await save(world);
    await stopClock(tab); // the browser tells us that we are blocked: no timer is needed
    expect(await get(tab, record)).toMatchObject(picture);
    expect(await get(tab, other)).toMatchObject(picture);
    expect(await sources(tab)).toEqual(['network', 'network']);
    await holder.close();
    await tab.clock.resume();
    await eventually(async () => {
      await get(tab, record);
      return cachedIds(tab);
    }).toContain(record.id);
    await get(tab, record);
    expect((await sources(tab)).at(-1)).toBe('disk');
  });

  test('that holds on to an old version does not keep us waiting', async () => {
    const record = await save(world);
    const context = await openContext(world);
    await holdDatabase(context, 1);
    const tab = await openTab(world, { frontendDbVersion: 2 }, context);
    await stopClock(tab);
    expect(await get(tab, record)).toMatchObject(picture);
    expect(await sources(tab)).toEqual(['network']);
  });

  test('that never ends its upgrade, so that the browser says nothing, keeps us waiting two seconds, once', async () => {
    const record = await save(world);
    const context = await openContext(world);
    const holder = await openTab(world, elsewhere, context);
    await holder.evaluate(
      () =>
        new Promise<void>((resolve) => {
          helpers.openRaw('pixstore', 1, (database) => {
            const store = database.createObjectStore('endless');
            const goOn = () => {
              store.get(0).onsuccess = goOn;
              resolve();
            };
            goOn();
          });
        }),
    );
    const tab = await openTab(world, withoutMemory, context);
    await stopClock(tab);
    const first = get(tab, record);
    await tab.clock.runFor(2000);
    expect(await first).toMatchObject(picture);
    expect(await get(tab, record)).toMatchObject(picture);
  });

  test('that holds on to the database makes clearImageCache say so', async () => {
    const context = await openContext(world);
    await holdDatabase(context, 1);
    const tab = await openTab(world, {}, context);
    const outcome = await tab.evaluate(() =>
      frontend.clearImageCache().then(
        () => 'cleared',
        (error) => error.code,
      ),
    );
    expect(outcome).toBe('STORAGE_FAILED');
  });

  test('that lets go after a logout gets nothing written back from before it', async () => {
    const [record, other] = [await save(world), await save(world)];
    const context = await openContext(world);
    const holder = await holdDatabase(context, 1);
    const tab = await openTab(world, withoutMemory, context);
    await stopClock(tab); // so that the image waits to be cached for as long as it takes
    expect(await get(tab, record)).toMatchObject(picture);
    await tab.evaluate(() => void frontend.clearImageCache());
    await holder.close();
    await tab.clock.resume();
    await eventually(async () => {
      await get(tab, other);
      return cachedIds(tab);
    }).toContain(other.id);
    expect(await cachedIds(tab)).toEqual([other.id]);
  });

  test('that upgrades the database is let in at once, and we go on without it', async () => {
    const record = await save(world);
    const context = await openContext(world);
    const outdated = await openTab(world, withoutMemory, context);
    await get(outdated, record);
    await eventually(() => cachedIds(outdated)).toEqual([record.id]);
    const tab = await openTab(world, { ...withoutMemory, frontendDbVersion: 2 }, context);
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    expect(await get(outdated, record)).toMatchObject(picture);
    expect(await sources(outdated)).toEqual(['network', 'network']);
    await get(tab, record);
    expect(await sources(tab), 'the outdated tab left the new database alone').toEqual(['network', 'disk']);
  });

  test('that deletes the database is let in, and we make a new one', async () => {
    const record = await save(world);
    const context = await openContext(world);
    const tab = await openTab(world, withoutMemory, context);
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    const other = await openTab(world, {}, context);
    await other.evaluate(
      () =>
        new Promise((resolve) => {
          indexedDB.deleteDatabase('pixstore').onsuccess = resolve;
        }),
    );
    await get(tab, record);
    await eventually(() => cachedIds(tab)).toEqual([record.id]);
    await get(tab, record);
    expect(await sources(tab)).toEqual(['network', 'network', 'disk']);
  });
});

/** Holds back the next answer of the endpoint. */
function holdAnswer(tap: typeof world.tap) {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const arrived = new Promise<void>((resolve) => {
    tap.meddle = async (payload) => {
      resolve();
      await released;
      return payload;
    };
  });
  return { arrived, release };
}

/** A tab with a foreign database of our name, open and deaf to requests to let go. */
async function holdDatabase(context: BrowserContext, version: number): Promise<Page> {
  const holder = await openTab(world, elsewhere, context);
  await holder.evaluate((version) => helpers.openRaw('pixstore', version, () => {}).then(() => undefined), version);
  return holder;
}
