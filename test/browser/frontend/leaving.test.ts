import { describe, expect, test } from 'vitest';
import { cachedIds, get, picture, save, sources } from '../harness/pictures.js';
import { openTab, startFrontend, stopClock, useWorld } from '../harness/world.js';

const world = useWorld();

// Tried again, since a browser that is short of time drops now and then what a page began before it went.
describe('a page that is really left', { retry: 3 }, () => {
  test('pictures of a page that is left before it was ever idle are on disk for the next page', async () => {
    const [first, second] = [await save(world), await save(world)];
    const tab = await openTab(world);
    await get(tab, first); // opens the database
    await stopClock(tab); // the page is never idle
    expect(await get(tab, second)).toMatchObject(picture);
    expect(await cachedIds(tab)).not.toContain(second.id);
    await tab.goto(`${world.site.origin}/?next`);
    await startFrontend(world, tab);
    expect(await get(tab, second)).toMatchObject(picture);
    expect(await sources(tab)).toEqual(['disk']);
  });

  test('when a picture was used last is known to the next page, however soon this one is left', async () => {
    const record = await save(world);
    const tab = await openTab(world);
    await get(tab, record);
    await expect.poll(() => cachedIds(tab)).toEqual([record.id]);
    const usage = async () => (await tab.evaluate(() => helpers.readAll()))['images-usage']?.[0];
    const written = Number((await usage())?.lastUsed);
    await tab.reload();
    await startFrontend(world, tab);
    await stopClock(tab);
    await get(tab, record);
    expect(await usage()).toMatchObject({ lastUsed: written });
    await tab.goto(`${world.site.origin}/?next`);
    expect(Number((await usage())?.lastUsed)).toBeGreaterThan(written);
  });
});
