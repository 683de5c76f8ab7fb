import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { cachedIds, get, withoutMemory } from '../harness/pictures.js';
import { idsOf, saveFamily, variantNames, variantOf, withVariants } from '../harness/variants.js';
import { endpointOf, eventually, openContext, openTab, startFrontend, useWorld } from '../harness/world.js';

// Who has an image forgotten means all its variants; who has a variant forgotten means that one.
const world = useWorld(withVariants());

const getAll = (page: Page, records: readonly ImageRecord[]) =>
  page.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))), [...records]);

const forget = (page: Page, id: string) => page.evaluate((id) => frontend.deleteCachedImage(id), id);

const existing = (page: Page, records: readonly ImageRecord[]) =>
  page.evaluate(async (ids) => {
    const there = await Promise.all(ids.map((id) => frontend.cachedImageExists(id)));
    return ids.filter((_, at) => there[at]);
  }, idsOf(records));

/** Where each of them is found now, by id. */
async function foundIn(page: Page, records: readonly ImageRecord[]): Promise<Record<string, string>> {
  await page.evaluate(() => void loads.splice(0));
  await getAll(page, records);
  return page.evaluate(() => Object.fromEntries(loads.map(({ id, source }) => [id, source])));
}

const allFrom = (source: string, records: readonly ImageRecord[]) =>
  Object.fromEntries(records.map(({ id }) => [id, source]));

/** Once what is asked for now is on disk, what was asked for before would be there too. */
async function settle(page: Page): Promise<ImageRecord> {
  const next = await world.backend.save(smallPicture());
  await get(page, next);
  await eventually(() => cachedIds(page)).toContain(next.id);
  return next;
}

async function expectOnDisk(page: Page, records: readonly ImageRecord[]): Promise<void> {
  const next = await settle(page);
  expect(await cachedIds(page)).toEqual(idsOf([...records, next]));
  const rows = await page.evaluate(() => helpers.readAll());
  expect(rows['images-usage']?.map(({ id }) => id).sort(), 'times of use').toEqual(idsOf([...records, next]));
}

/** Never idle: what is got waits to be written, until `beIdle`. */
const neverIdle = (page: Page) =>
  page.evaluate(() => {
    const { requestIdleCallback } = globalThis;
    const waiting: Parameters<typeof requestIdleCallback>[] = [];
    globalThis.requestIdleCallback = (...call) => waiting.push(call);
    globalThis.addEventListener('be-idle', () => {
      globalThis.requestIdleCallback = requestIdleCallback;
      for (const call of waiting) requestIdleCallback(...call);
    });
  });

const beIdle = (page: Page) => page.evaluate(() => void globalThis.dispatchEvent(new Event('be-idle')));

/** Holds back all answers of the endpoint. */
function holdAnswers() {
  let letGo = () => {};
  const released = new Promise<void>((resolve) => (letGo = resolve));
  const arrived = new Promise<void>((resolve) => {
    world.tap.meddle = async (payload) => {
      resolve();
      await released;
      return payload;
    };
  });
  const release = () => {
    world.tap.meddle = undefined;
    letGo();
  };
  return { arrived, release };
}

describe('deleteCachedImage', () => {
  test.each(['memory', 'disk'] as const)('of an image forgets its variants in %s, and nothing else', async (tier) => {
    const { own, others, all } = await saveFamily(world);
    const tab = await openTab(world);
    await getAll(tab, all);
    await eventually(() => cachedIds(tab)).toEqual(idsOf(all));
    if (tier === 'disk') {
      await tab.reload();
      await startFrontend(world, tab);
    }
    expect(await forget(tab, own[0].id)).toBe(true);
    expect(await existing(tab, all)).toEqual(idsOf(others));
    await expectOnDisk(tab, others);
    expect(await foundIn(tab, all)).toEqual({ ...allFrom('network', own), ...allFrom(tier, others) });
  });

  test.each(['memory', 'disk'] as const)('of a variant forgets it alone, in %s', async (tier) => {
    const { own, all } = await saveFamily(world);
    const [, thumb] = own;
    const rest = all.filter((record) => record !== thumb);
    const tab = await openTab(world, tier === 'disk' ? withoutMemory : {});
    await getAll(tab, all);
    await eventually(() => cachedIds(tab)).toEqual(idsOf(all));
    expect(await forget(tab, thumb.id)).toBe(true);
    expect(await forget(tab, thumb.id)).toBe(false);
    await expectOnDisk(tab, rest);
    expect(await foundIn(tab, all)).toEqual({ ...allFrom(tier, rest), [thumb.id]: 'network' });
  });

  test('says that there was something when only a variant was there', async () => {
    const { own } = await saveFamily(world);
    const [original, thumb] = own;
    const tab = await openTab(world, withoutMemory);
    await get(tab, thumb);
    await eventually(() => cachedIds(tab)).toEqual([thumb.id]);
    expect(await existing(tab, own), 'that is a question about one of them').toEqual([thumb.id]);
    expect(await forget(tab, original.id)).toBe(true);
    expect(await forget(tab, original.id)).toBe(false);
  });

  test('forgets what waits to be written, whether it is written later or when the page is left', async () => {
    const { own, others, all } = await saveFamily(world);
    const tab = await openTab(world);
    await neverIdle(tab);
    await getAll(tab, all);
    expect(await cachedIds(tab)).toEqual([]);
    expect(await forget(tab, own[0].id)).toBe(true);
    await tab.evaluate(() => void dispatchEvent(new Event('pagehide')));
    await eventually(() => cachedIds(tab)).toEqual(idsOf(others));
    await beIdle(tab);
    await expectOnDisk(tab, others);
  });

  test('gives no Blob that the page holds to those who ask afterwards', async () => {
    const { own, others, all } = await saveFamily(world);
    const tab = await openTab(world);
    const isSame = await tab.evaluate(
      async ({ all, id }) => {
        const show = () => Promise.all(all.map((record) => frontend.getImage(record)));
        const before = await show();
        await frontend.deleteCachedImage(id);
        const after = await show();
        return before.map((blob, at) => blob === after[at]);
      },
      { all, id: own[0].id },
    );
    expect(isSame).toEqual([...own.map(() => false), ...others.map(() => true)]);
  });

  test('while fifty variants and look-alikes are on their way keeps none of them, and all others', async () => {
    const { own, others } = await saveFamily(world);
    const variants = variantNames.map((name) => variantOf(own[0], name));
    const tab = await openTab(world);
    const held = holdAnswers();
    const early = getAll(tab, [own[0], ...variants, ...others]);
    await held.arrived;
    await forget(tab, own[0].id);
    const asked = world.tap.requests.length;
    const late = getAll(tab, own);
    held.release();
    for (const image of await early) expect(image).toHaveProperty('sha256');
    await late;
    expect(world.tap.requests.length, 'who asks afterwards joins none of them').toBeGreaterThan(asked);
    await expectOnDisk(tab, [...own, ...others]);
    expect(await existing(tab, [own[0], ...variants, ...others])).toEqual(idsOf([...own, ...others]));
  });

  test('of a variant while its original is on its way keeps the original and other variants', async () => {
    const { own } = await saveFamily(world);
    const [original, thumb, large] = own;
    const tab = await openTab(world);
    const held = holdAnswers();
    const shown = getAll(tab, own);
    await held.arrived;
    expect(await forget(tab, thumb.id)).toBe(false);
    held.release();
    await shown;
    await expectOnDisk(tab, [original, large]);
    expect(await foundIn(tab, own)).toEqual({ ...allFrom('memory', own), [thumb.id]: 'network' });
  });
});

test('a newer version of an image leaves its variants alone: each has its own token', async () => {
  const { own } = await saveFamily(world);
  const [original, thumb] = own;
  const tab = await openTab(world);
  await getAll(tab, own);
  await eventually(() => cachedIds(tab)).toEqual(idsOf(own));
  const newer = await world.backend.update(original.id, smallPicture());
  await get(tab, newer);
  await expectOnDisk(tab, own);
  expect(await foundIn(tab, [newer, thumb])).toEqual(allFrom('memory', [newer, thumb]));
});

test('a cached original that does not decrypt is dropped alone', async () => {
  const { own } = await saveFamily(world);
  const [original, thumb, large] = own;
  const tab = await openTab(world, withoutMemory);
  await getAll(tab, own);
  await eventually(() => cachedIds(tab)).toEqual(idsOf(own));
  await tab.evaluate(async (id) => {
    const database = await helpers.openRaw('pixstore');
    const store = database.transaction('images', 'readwrite').objectStore('images');
    const request = store.get(id);
    await new Promise((resolve) => (request.onsuccess = resolve));
    request.result.ciphertext.fill(0);
    store.put(request.result);
    database.close();
  }, original.id);
  world.tap.meddle = () => Uint8Array.of(5); // a refused proof, so that it is not written anew
  expect(await get(tab, original)).toMatchObject({ code: 'PROOF_INVALID' });
  world.tap.meddle = undefined;
  expect(await existing(tab, own)).toEqual(idsOf([thumb, large]));
});

describe('another tab', () => {
  test('that forgets an image forgets its variants here too: in memory, waiting and on their way', async () => {
    const { own, others, all } = await saveFamily(world);
    const late = ['w_0', 'w_1'].map((name) => variantOf(own[0], name));
    const context = await openContext(world);
    const tab = await openTab(world, {}, context);
    const other = await openTab(world, {}, context);
    await neverIdle(tab);
    await getAll(tab, all);
    const held = holdAnswers();
    const coming = getAll(tab, late);
    await held.arrived;
    expect(await forget(other, own[0].id), 'nothing of it is on disk yet').toBe(false);
    await eventually(() => existing(tab, all)).toEqual(idsOf(others));
    held.release();
    for (const image of await coming) expect(image).toHaveProperty('sha256');
    await beIdle(tab);
    await expectOnDisk(tab, others);
    expect(await foundIn(tab, [...all, ...late])).toEqual({
      ...allFrom('network', [...own, ...late]),
      ...allFrom('memory', others),
    });
  });

  test('that forgets an image in the middle of our writing it leaves nothing of it', async () => {
    const { own, others, all } = await saveFamily(world);
    const context = await openContext(world);
    const tab = await openTab(world, withoutMemory, context);
    const other = await openTab(world, withoutMemory, context);
    // The transaction that writes stays open after some rows, until it is told to go on.
    await tab.evaluate(() => {
      const { put } = IDBObjectStore.prototype;
      let rows = 0;
      let isOpen = true;
      IDBObjectStore.prototype.put = function (row) {
        rows += 1;
        if (rows === 4) {
          const stay = () => {
            if (isOpen) this.count().onsuccess = stay;
          };
          stay();
          globalThis.addEventListener('go-on', () => (isOpen = false));
          globalThis.dispatchEvent(new Event('writing'));
        }
        return put.call(this, row);
      };
    });
    const writing = tab.evaluate(() => new Promise<void>((go) => addEventListener('writing', () => go())));
    await getAll(tab, all);
    await writing;
    let isForgotten = false;
    const forgotten = forget(other, own[0].id).then((wasThere) => {
      isForgotten = true;
      return wasThere;
    });
    await other.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    expect(isForgotten, 'it waits for the transaction').toBe(false);
    await tab.evaluate(() => void dispatchEvent(new Event('go-on')));
    expect(await forgotten).toBe(true);
    await expectOnDisk(tab, others);
    expect(await existing(other, all)).toEqual(idsOf(others));
  });

  test('that forgets a variant leaves original and other variants here', async () => {
    const { own } = await saveFamily(world);
    const [original, thumb, large] = own;
    const context = await openContext(world);
    const tab = await openTab(world, {}, context);
    const other = await openTab(world, {}, context);
    await getAll(tab, own);
    await eventually(() => cachedIds(tab)).toEqual(idsOf(own));
    await forget(other, thumb.id);
    await eventually(() => existing(tab, own)).toEqual(idsOf([original, large]));
    expect(await foundIn(tab, own)).toEqual({ ...allFrom('memory', own), [thumb.id]: 'network' });
  });
});

test('a worker forgets the variants of what its page forgets, and the page of what it forgets', async () => {
  const { own, others, all } = await saveFamily(world);
  const tab = await openTab(world);
  const started = tab.waitForEvent('worker');
  await tab.evaluate(() => void new Worker('/page.js', { type: 'module' }));
  const worker = await started;
  await eventually(() => worker.evaluate(() => 'helpers' in globalThis)).toBe(true);
  await worker.evaluate((config) => helpers.start(config), endpointOf(world));
  const getInWorker = () =>
    worker.evaluate((records) => Promise.all(records.map((record) => helpers.get(record))).then(() => {}), all);
  const existInWorker = () =>
    worker.evaluate(async (ids) => {
      const there = await Promise.all(ids.map((id) => frontend.cachedImageExists(id)));
      return ids.filter((_, at) => there[at]);
    }, idsOf(all));
  await getInWorker();
  await eventually(existInWorker).toEqual(idsOf(all));
  await forget(tab, own[0].id);
  await eventually(existInWorker).toEqual(idsOf(others));

  await getInWorker();
  await getAll(tab, all);
  await worker.evaluate((id) => frontend.deleteCachedImage(id), own[0].id);
  await eventually(() => existing(tab, all)).toEqual(idsOf(others));
});
