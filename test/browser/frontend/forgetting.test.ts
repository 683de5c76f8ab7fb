import { expect, test } from 'vitest';
import { photo, sha256 } from '../harness/backend.js';
import { eventually, openTab, startFrontend, useWorld } from '../harness/world.js';

const world = useWorld();

test('deleteCachedImage says whether the image was there, on disk too, and removes it alone', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const other = await world.backend.save(await photo('camera.webp'));
  const tab = await openTab(world);
  await tab.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), [record, other]);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toHaveLength(2);
  await tab.reload(); // memory is empty now
  await startFrontend(world, tab);
  expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(true);
  expect(await tab.evaluate((id) => frontend.deleteCachedImage(id), record.id)).toBe(true);
  expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
  expect(await tab.evaluate((id) => frontend.deleteCachedImage(id), record.id)).toBe(false);
  expect(await tab.evaluate(() => helpers.readAll())).toMatchObject({
    images: [{ id: other.id }],
    'images-usage': [{ id: other.id }],
  });
});

test('clearImageCache leaves nothing', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world);
  await tab.evaluate((record) => helpers.get(record), record);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  await tab.evaluate(() => frontend.clearImageCache());
  expect(await tab.evaluate(() => helpers.readAll())).toEqual({
    images: [],
    'images-usage': [],
    'images-logouts': [{ id: expect.any(Number), isLatest: 1 }],
  });
  expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
});

test.each(['clearImageCache', 'deleteCachedImage'] as const)(
  '%s during a fetch is final: what comes is not written back',
  async (forget) => {
    const bytes = await photo('brick.webp');
    const record = await world.backend.save(bytes);
    const other = await world.backend.save(await photo('camera.webp'));
    const tab = await openTab(world);
    const held = hold(world.tap);
    const image = tab.evaluate((record) => helpers.get(record), record);
    await held.arrived;
    await tab.evaluate<unknown, [typeof forget, string]>(([forget, id]) => frontend[forget](id), [forget, record.id]);
    held.release();
    const shows = { sha256: sha256(bytes) };
    expect(await image).toMatchObject(forget === 'deleteCachedImage' ? shows : { code: 'CACHE_CLEARED' });
    // What is fetched afterwards is cached: once that is on disk, the early one would be there too.
    world.tap.meddle = undefined;
    await tab.evaluate((record) => helpers.get(record), other);
    await eventually(() => tab.evaluate(() => helpers.cachedIds())).toContain(other.id);
    expect(await tab.evaluate(() => helpers.cachedIds())).toEqual([other.id]);
    expect(await tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
  },
);

test('a slow answer with an old version does not take the place of a newer one', async () => {
  const old = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world, { frontendMemoryCacheBytes: 0 });
  const held = hold(world.tap);
  const slow = tab.evaluate((record) => helpers.get(record), old);
  await held.arrived;
  world.tap.meddle = undefined;
  const fresh = await world.backend.update(old.id, await photo('camera.webp'));
  await tab.evaluate((record) => helpers.get(record), fresh);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([old.id]);
  held.release();
  expect(await slow).toMatchObject({ sha256: sha256(await photo('brick.webp')) });
  const other = await world.backend.save(await photo('coffee.webp'));
  await tab.evaluate((record) => helpers.get(record), other);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toContain(other.id);
  const rows = (await tab.evaluate(() => helpers.readAll())).images;
  expect(rows?.find(({ id }) => id === old.id)).toMatchObject({ token: fresh.token });
});

test('a closed frontend lets go of the database and leaves the cache to the next one', async () => {
  const record = await world.backend.save(await photo('brick.webp'));
  const tab = await openTab(world);
  await tab.evaluate((record) => helpers.get(record), record);
  await eventually(() => tab.evaluate(() => helpers.cachedIds())).toEqual([record.id]);
  const closed = await tab.evaluate(() => {
    const names: string[] = [];
    const { close } = IDBDatabase.prototype;
    IDBDatabase.prototype.close = function () {
      names.push(this.name);
      close.call(this);
    };
    frontend.close();
    return names;
  });
  expect(closed).toEqual(['pixstore']);
  expect(await tab.evaluate((record) => helpers.get(record), record)).toMatchObject({ code: 'FRONTEND_CLOSED' });
  await startFrontend(world, tab);
  await tab.evaluate((record) => helpers.get(record), record);
  expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['disk']);
});

/** Holds back the next answer of the endpoint. */
function hold(tap: typeof world.tap) {
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
