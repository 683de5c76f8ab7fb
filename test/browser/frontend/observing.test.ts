import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { cachedIds, get, save } from '../harness/pictures.js';
import { noteUrls, urlsLeft } from '../harness/urls.js';
import { eventually, openContext, openTab, useWorld } from '../harness/world.js';

// What a binding to a framework does: elements that draw the snapshots of observers, and nothing else.
const world = useWorld();

/** How an image of the page looks. */
interface Drawn {
  status: string | undefined;
  source: string | undefined;
  code: string | undefined;
  /** Pixels; 0 where there is no picture. */
  width: number;
  /** The element was told that its `src` leads nowhere. */
  isBroken: boolean;
}

/** Puts an image into the page that draws an observer until it leaves: `gallery.unmount()` and `gallery.mount()`. */
async function mount(tab: Page, ...records: ImageRecord[]): Promise<void> {
  await tab.evaluate((records) => {
    const images = records.map((record) => {
      const observer = frontend.observe(record);
      const image = document.createElement('img');
      const draw = () => {
        const { status, url, source, error } = observer.getSnapshot();
        Object.assign(image.dataset, { status, source: source ?? '', code: error?.code ?? '' });
        if (!url) image.removeAttribute('src');
        else if (image.src !== url) image.src = url;
      };
      image.onerror = () => Object.assign(image.dataset, { broken: 'yes' });
      draw();
      document.body.append(image);
      return { image, draw, observer };
    });
    let leave: (() => void)[] = [];
    const gallery = {
      mount(): void {
        leave = images.map(({ observer, draw }) => observer.subscribe(draw));
        for (const { draw } of images) draw();
      },
      unmount(): void {
        for (const unsubscribe of leave) unsubscribe();
      },
    };
    gallery.mount();
    Object.assign(globalThis, { gallery });
  }, records);
}

/** How the images of the page look now. */
const look = (tab: Page): Promise<Drawn[]> =>
  tab.evaluate(() =>
    Array.from(document.images, ({ dataset, src, naturalWidth }) => ({
      status: dataset.status,
      source: dataset.source,
      code: dataset.code,
      width: src ? naturalWidth : 0,
      isBroken: dataset.broken === 'yes',
    })),
  );

/** The width of the picture that `save` saves. */
const hubble = 1000;
const picture = (source: string, width: number) => ({ status: 'loaded', source, code: '', width, isBroken: false });
const failure = (code: string) => ({ status: 'error', source: '', code, width: 0, isBroken: false });

async function openTabs() {
  const context = await openContext(world);
  return { tab: await openTab(world, {}, context), other: await openTab(world, {}, context) };
}

test('a picture appears when it is there, and at once where it is in memory', async () => {
  const record = await save(world);
  const tab = await openTab(world);
  await mount(tab, record);
  await eventually(() => look(tab)).toEqual([picture('network', hubble)]);
  const first = await tab.evaluate((record) => frontend.observe(record).getSnapshot(), record);
  expect(first).toMatchObject({ status: 'loaded', source: 'memory' });
  await mount(tab, record);
  await eventually(() => look(tab)).toEqual([picture('network', hubble), picture('memory', hubble)]);
  expect(world.tap.requests).toHaveLength(1);
});

test('a logout in another tab takes it away, unless what is shown may stay', async () => {
  const record = await save(world);
  const { tab, other } = await openTabs();
  await mount(tab, record);
  await eventually(() => look(tab)).toEqual([picture('network', hubble)]);
  await other.evaluate(() => frontend.clearImageCache({ keepShown: true }));
  await eventually(() => tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
  expect(await look(tab)).toEqual([picture('network', hubble)]);
  await other.evaluate(() => frontend.clearImageCache());
  await eventually(() => look(tab)).toEqual([failure('CACHE_CLEARED')]);
});

test('a deletion in another tab has it fetched anew, which says so when it is no more', async () => {
  const [gone, kept] = [await save(world), await save(world)];
  const { tab, other } = await openTabs();
  await mount(tab, gone, kept);
  await eventually(() => look(tab)).toEqual([picture('network', hubble), picture('network', hubble)]);
  await eventually(() => cachedIds(tab)).toHaveLength(2);
  const before = world.tap.requests.length;
  await other.evaluate((id) => frontend.deleteCachedImage(id), gone.id);
  await eventually(async () => world.tap.requests.length).toBe(before + 1);
  await eventually(() => look(tab)).toEqual([picture('network', hubble), picture('network', hubble)]);
  await world.backend.deleteImage(gone.id);
  await other.evaluate((id) => frontend.deleteCachedImage(id), gone.id);
  await eventually(() => look(tab)).toEqual([failure('IMAGE_NOT_FOUND'), picture('network', hubble)]);
});

test('a newer version that another call brings takes its place', async () => {
  const record = await save(world);
  const tab = await openTab(world);
  await mount(tab, record);
  await eventually(() => look(tab)).toEqual([picture('network', hubble)]);
  await get(tab, await world.backend.update(record.id, smallPicture()));
  await eventually(() => look(tab)).toEqual([picture('network', 8)]);
});

test('what leaves and comes again at once is fetched once, and what leaves for good leaves no URL behind', async () => {
  const records = await Promise.all(Array.from({ length: 20 }, () => world.backend.save(smallPicture())));
  const tab = await openTab(world);
  await tab.evaluate(noteUrls);
  await mount(tab, ...records);
  await remount(tab);
  const all = records.map(() => picture('network', 8));
  await eventually(() => look(tab)).toEqual(all);
  const fetched = world.tap.requests.length;
  await remount(tab);
  expect(await look(tab)).toEqual(all);
  expect(await urlsLeft(tab)).toBe(20);
  expect(await tab.evaluate(() => loads.length)).toBe(20);
  expect(world.tap.requests.length).toBe(fetched);
  await tab.evaluate(() => (globalThis as unknown as Gallery).gallery.unmount());
  expect(await urlsLeft(tab)).toBe(0);
});

test('what is drawn and thrown away without a word leaves no URL behind', async () => {
  const record = await save(world);
  const tab = await openTab(world);
  await get(tab, record);
  await tab.evaluate(noteUrls);
  const status = await tab.evaluate((record) => frontend.observe(record).getSnapshot().status, record);
  expect(status).toBe('loaded');
  expect(await urlsLeft(tab)).toBe(1);
  const devtools = await tab.context().newCDPSession(tab);
  await eventually(async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    return urlsLeft(tab);
  }).toBe(0);
});

interface Gallery {
  gallery: { mount(): void; unmount(): void };
}

/** As React's StrictMode does. */
const remount = (tab: Page) =>
  tab.evaluate(() => {
    const { gallery } = globalThis as unknown as Gallery;
    gallery.unmount();
    gallery.mount();
  });
