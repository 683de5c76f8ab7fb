import { fileURLToPath } from 'node:url';
import type { ImageRecord } from 'pixstore/backend';
import type { BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { photo } from '../harness/backend.js';
import type { Listening } from '../harness/listen.js';
import { urlsLeft } from '../harness/urls.js';
import { eventually, openContext, startFrontend, useWorld } from '../harness/world.js';
import type { Tile } from './apps/gallery.js';
import { look, newTab, toldOf } from './look.js';
import { type AppOptions, serveApp } from './serve-app.js';
import { svelte } from './svelte-plugin.js';

// What every binding does alike, painted and by an `<img>` of the page, each in an app of its own that Vite built.
const world = useWorld();
interface Binding {
  entry: string;
  options?: AppOptions;
  as?: 'img';
}
const painted: Record<string, Binding> = {
  react: { entry: 'react.tsx' },
  element: { entry: 'element.ts' },
  vue: { entry: 'vue.ts' },
  svelte: { entry: 'svelte.js', options: { plugins: [svelte] } },
};
const { element: _, ...withImages } = painted;
const bindings = {
  ...painted,
  ...Object.fromEntries(
    Object.entries(withImages).map(([name, binding]) => [`${name}, as an <img>`, { ...binding, as: 'img' as const }]),
  ),
};

/** Pixels of the pictures that `saveLarge` saves, and of all others. */
const [large, small] = [1000, 8];

const saveLarge = async () => world.backend.save(await photo('hubble.jpg'));
const saveSmall = () => world.backend.save(smallPicture());
/** Ids of pictures; saved once for all bindings. */
let many: string[] | undefined;

const shown = (width: number) => ({ status: 'loaded', alt: 'A picture', width });
const failed = { status: 'error', alt: 'A picture', width: 0 };
const waiting = { status: 'loading', alt: 'A picture', width: 0 };

describe.each(Object.entries(bindings))('%s', (name, { entry, options, as }) => {
  let site: Listening;
  beforeAll(async () => {
    site = await serveApp(entry, options);
  });
  afterAll(() => site.close());

  const isPlain = as === 'img';
  const tileOf = (record: ImageRecord, more: Partial<Tile> = {}): Tile => ({
    key: record.id,
    record,
    alt: 'A picture',
    ...(as && { as }),
    ...more,
  });
  /** What is painted has no URL any more as soon as it is loaded. */
  const urls = (count: number) => (isPlain ? count : 0);
  /** Of what is painted the pixels are those that are seen, where the file has more. */
  const shownAt = (width: number) => shown(isPlain ? large : width);

  async function open(context?: BrowserContext): Promise<Page> {
    const tab = await newTab(world, context);
    await tab.goto(site.origin);
    await startFrontend(world, tab);
    return tab;
  }

  const show = (tab: Page, ...tiles: Tile[]) => tab.evaluate((tiles) => gallery.show(tiles), tiles);

  test('a picture that is shown twice is fetched once; by a URL, it is one that goes with the last of them', async () => {
    const record = await saveLarge();
    const tab = await open();
    await show(tab, tileOf(record), tileOf(record, { key: 'again' }));
    await eventually(() => look(tab)).toEqual([shown(large), shown(large)]);
    const sources = () => tab.evaluate(() => images().map((element) => pictureOf(element).image?.src));
    expect(new Set(await sources()).size).toBe(isPlain ? 1 : 2);
    expect(await tab.evaluate(() => loads.map(({ source }) => source))).toEqual(['network', 'network']);
    expect(world.tap.requests).toHaveLength(1);
    await show(tab, tileOf(record));
    await eventually(() => urlsLeft(tab)).toBe(urls(1));
    await show(tab);
    await eventually(() => urlsLeft(tab)).toBe(0);
  });

  test('what is in memory is there in the first frame', async () => {
    const record = await saveLarge();
    const tab = await open();
    await show(tab, tileOf(record));
    await eventually(() => look(tab)).toEqual([shown(large)]);
    await show(tab);
    const first = await tab.evaluate(async (tile) => {
      gallery.show([tile]);
      do await new Promise(requestAnimationFrame);
      while (images().length === 0); // a busy machine draws it in a later one
      return images().map((element) => [element.dataset.status, pictureOf(element).image?.src.slice(0, 5)]);
    }, tileOf(record));
    expect(first).toEqual([['loaded', 'blob:']]);
  });

  test('room for a picture is kept free, and the picture moves nothing', async () => {
    const [one, other] = [await saveLarge(), await saveLarge()];
    const tab = await open();
    const line = holdBack();
    const boxes = () => tab.evaluate(() => images().map((image) => JSON.stringify(image.getBoundingClientRect())));
    await show(tab, tileOf(one), tileOf(other, { width: 300, height: 200 }));
    await eventually(() => look(tab)).toEqual([waiting, waiting]);
    expect(await toldOf(tab)).toEqual(['image A picture', 'image A picture']);
    const before = await boxes();
    line.release();
    await eventually(() => look(tab)).toEqual([shown(large), shownAt(300)]);
    expect(await boxes()).toEqual(before);
    expect(before[1]).toContain('"width":300,"height":200');
  });

  test('of one side that is given alone the other follows, before the picture is there and after', async () => {
    const record = await saveLarge();
    const tab = await open();
    const line = holdBack();
    const sizes = () =>
      tab.evaluate(() => images().map(({ offsetWidth, offsetHeight }) => [offsetWidth, offsetHeight]));
    await show(tab, tileOf(record, { width: 300 }), tileOf(record, { key: 'high', height: 300 }));
    await eventually(() => look(tab)).toEqual([waiting, waiting]);
    const room = [
      [300, 262],
      [344, 300],
    ];
    expect(await sizes()).toEqual(room);
    line.release();
    await eventually(() => look(tab)).toEqual([shownAt(300), shownAt(344)]);
    expect(await sizes()).toEqual(room);
  });

  test('a picture that is awaited is drawn as nothing: no text, and no icon of a broken image', async () => {
    const tab = await open();
    const line = holdBack();
    await show(tab, tileOf(await saveLarge(), { width: 300, height: 200 }));
    await eventually(() => look(tab)).toEqual([waiting]);
    const box = await tab.evaluate(() => images()[0]?.getBoundingClientRect().toJSON());
    const { channels } = await sharp(await tab.screenshot({ clip: box })).stats();
    expect(channels.map(({ min, max }) => max - min)).toEqual(channels.map(() => 0));
    line.release();
    await eventually(() => look(tab)).toEqual([shownAt(300)]);
  });

  test('a newer version takes the place of the older without a gap', async () => {
    const record = await saveLarge();
    const tab = await open();
    await show(tab, tileOf(record));
    await eventually(() => look(tab)).toEqual([shown(large)]);
    const line = holdBack();
    const next = await world.backend.update(record.id, smallPicture());
    await show(tab, tileOf(next));
    await eventually(async () => world.tap.requests.length).toBe(2);
    expect(await look(tab)).toEqual([{ ...shown(large), status: 'loading' }]);
    line.release();
    await eventually(() => look(tab)).toEqual([shown(small)]);
    expect(await urlsLeft(tab)).toBe(urls(1));
  });

  test('another picture does not wait behind the one before', async () => {
    const [one, other] = [await saveLarge(), await saveSmall()];
    const tab = await open();
    await show(tab, tileOf(one, { key: 'tile' }));
    await eventually(() => look(tab)).toEqual([shown(large)]);
    const line = holdBack();
    await show(tab, tileOf(other, { key: 'tile' }));
    await eventually(() => look(tab)).toEqual([waiting]);
    line.release();
    await eventually(() => look(tab)).toEqual([shown(small)]);
  });

  test('a picture that fails keeps its name, says so in an event, and is there after another try', async () => {
    const record = await saveLarge();
    const tab = await open();
    world.tap.meddle = (payload) => payload.map((byte, at) => (at > payload.length - 9 ? byte ^ 1 : byte));
    await show(tab, tileOf(record, { canRetry: true }));
    await eventually(() => look(tab)).toEqual([failed]);
    await eventually(() => tab.evaluate(() => events)).toEqual([`error ${record.id}`]);
    // A group, where there is something to use within it.
    expect(await toldOf(tab)).toEqual([`${name === 'element' ? 'group' : 'image'} A picture`]);
    world.tap.meddle = undefined;
    await tab.getByRole('button', { name: 'Try again' }).click();
    await eventually(() => look(tab)).toEqual([shown(large)]);
    expect(await tab.evaluate(() => events.at(-1))).toBe(`load ${record.id}`);
  });

  test('a logout takes every picture away, in this tab and in others', async () => {
    const [one, other] = [await saveLarge(), await saveSmall()];
    const context = await openContext(world);
    const [tab, elsewhere] = [await open(context), await open(context)];
    for (const page of [tab, elsewhere]) {
      await show(page, tileOf(one), tileOf(other));
      await eventually(() => look(page)).toEqual([shown(large), shown(small)]);
    }
    await elsewhere.evaluate(() => frontend.clearImageCache());
    for (const page of [tab, elsewhere]) {
      await eventually(() => look(page)).toEqual([failed, failed]);
      expect(await urlsLeft(page)).toBe(0);
    }
  });

  test('what is far away is not asked for; what comes near is, and is let go of when it is far away again', async () => {
    const records = await Promise.all(Array.from({ length: 4 }, saveSmall));
    const tab = await open();
    const tiles = records.map((record) => tileOf(record, { width: 1000, height: 3000 }));
    await show(tab, ...tiles);
    await eventually(() => look(tab)).toEqual([shown(small), waiting, waiting, waiting]);
    await tab.evaluate(() => scrollTo(0, 11_000));
    await eventually(() => look(tab)).toEqual([waiting, waiting, waiting, shown(small)]);
    expect(await urlsLeft(tab)).toBe(urls(1));
    await show(tab, ...tiles.slice(0, 3), { ...tileOf(await saveSmall()), loading: 'eager' });
    await tab.evaluate(() => scrollTo(0, 0));
    await eventually(() => look(tab)).toEqual([shown(small), waiting, waiting, shown(small)]);
  });

  test('of a record with variants the smallest that fills the element is shown, and a larger one as it grows', async () => {
    const record = await saveLarge();
    const variants = await Promise.all(
      [32, 64, 128].map(async (width) => [`w${width}`, { ...(await saveSmall()), width, height: width }] as const),
    );
    const cut = { ...(await saveSmall()), width: 50, height: 20 };
    const whole = { ...record, width: 1000, height: 1000, variants: { cut, ...Object.fromEntries(variants) } };
    const tab = await open();
    const ids = () => tab.evaluate(() => loads.map(({ id }) => id));
    await show(tab, tileOf(whole, { width: 40, height: 40 }));
    await eventually(ids).toEqual([variants[1]?.[1].id]);
    await show(tab, tileOf(whole, { width: 100, height: 20 }));
    await eventually(ids).toEqual([variants[1]?.[1].id, variants[2]?.[1].id]);
    await show(tab, tileOf(whole, { width: 200, height: 200 }));
    // The record says it is a square, and it is less high than that: it takes more of its width to fill one.
    await eventually(() => look(tab)).toEqual([shownAt(230)]);
  });

  test('axe finds nothing on a page of all states', async () => {
    const [one, gone, late] = [await saveLarge(), await saveSmall(), await saveSmall()];
    await world.backend.deleteImage(gone.id);
    const tab = await open();
    await show(tab, tileOf(one, { width: 200 }));
    await eventually(() => look(tab)).toEqual([shownAt(200)]);
    await show(tab, tileOf(one, { width: 200 }), tileOf(gone), tileOf(gone, { key: 'again', canRetry: true }));
    await eventually(async () => (await look(tab)).map(({ status }) => status)).toEqual(['loaded', 'error', 'error']);
    holdBack();
    const all = [tileOf(one, { width: 200 }), tileOf(gone), tileOf(gone, { key: 'again', canRetry: true })];
    await show(tab, ...all, tileOf(late), tileOf(late, { key: 'decoration', alt: '' }));
    await tab.addScriptTag({ path: fileURLToPath(import.meta.resolve('axe-core')) });
    const found = await tab.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
      const { violations } = await axe.run({ runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21aa'] } });
      return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    });
    expect(found).toEqual([]);
  });

  // Once more, since a tab was seen that was given no frames.
  test('2,000 pictures that fly past are not waited for, and leave no URL', { retry: 1 }, async () => {
    many ??= await Promise.all(Array.from({ length: 2000 }, async () => (await saveSmall()).id));
    const records = many.map((id) => world.backend.record(id));
    const tab = await open();
    const line = holdBack();
    await show(tab, ...records.map((record) => tileOf(record, { width: 120, height: 40 })));
    const longest = await tab.evaluate(async () => {
      const tasks: number[] = [0];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration)));
      observer.observe({ type: 'longtask' });
      const height = document.documentElement.scrollHeight;
      for (let frame = 0; frame <= 60; frame += 1) {
        scrollTo(0, (height * frame) / 60);
        await new Promise(requestAnimationFrame);
      }
      observer.disconnect();
      return Math.max(...tasks);
    });
    console.log(`${name}: longest task while 2,000 pictures fly past: ${longest} ms`);
    // None is over 50 ms on a machine that does nothing else; each picture asking the whole page took many seconds.
    expect(longest).toBeLessThan(2_000);
    line.release();
    await eventually(async () => (await look(tab)).at(-1)).toEqual(shown(small));
    await eventually(async () => {
      const drawn = await look(tab);
      const loaded = drawn.filter(({ status }) => status === 'loaded').length;
      const failed = drawn.filter(({ status }) => status === 'error').length;
      return { isFew: loaded < 1000, failed, urlsTooMany: (await urlsLeft(tab)) - urls(loaded) };
    }).toEqual({ isFew: true, failed: 0, urlsTooMany: 0 });
    // All others were aborted before they came.
    expect(await tab.evaluate(() => loads.length)).toBeLessThan(1000);
    await show(tab);
    await eventually(() => urlsLeft(tab)).toBe(0);
  });
});

/** Holds every answer back until it is released. */
function holdBack() {
  let release = () => {};
  const free = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.tap.meddle = async (payload) => {
    await free;
    return payload;
  };
  return { release };
}
