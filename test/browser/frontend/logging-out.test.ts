import type { ImageRecord } from 'pixstore/backend';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { cachedIds, get, picture, save } from '../harness/pictures.js';
import { eventually, launchOptions, openContext, openTab, startFrontend, useWorld } from '../harness/world.js';

// A logout is final: in this tab, in others, in workers, and in pages that slept through it.
const world = useWorld();

/** A URL that the page shows, and keeps. */
const show = (tab: Page, record: ImageRecord) =>
  tab.evaluate((record) => frontend.getImageUrl(record).then((shown) => shown?.url ?? ''), record);

/** Does a URL of the page lead anywhere? */
const opens = (tab: Page, url: string) =>
  tab.evaluate(
    (url) =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    url,
  );

const logOut = (tab: Page, options = {}) => tab.evaluate((options) => frontend.clearImageCache(options), options);

/** Once what is asked for now is on disk, what was asked for before would be there too. */
async function expectNothingKept(tab: Page): Promise<void> {
  world.tap.meddle = undefined;
  const next = await save(world);
  await get(tab, next);
  await eventually(() => cachedIds(tab)).toContain(next.id);
  expect(await cachedIds(tab)).toEqual([next.id]);
}

describe.each(['the same tab', 'another tab'])('in %s', (where) => {
  async function openTabs(context?: BrowserContext) {
    const tab = await openTab(world, {}, context ?? (await openContext(world)));
    const other = where === 'another tab' ? await openTab(world, {}, tab.context()) : tab;
    return { tab, other };
  }

  test('URLs that were handed out before lead nowhere', async () => {
    const record = await save(world);
    const { tab, other } = await openTabs();
    const url = await show(tab, record);
    expect(await opens(tab, url)).toBe(true);
    await logOut(other);
    await eventually(() => opens(tab, url)).toBe(false);
  });

  test('with keepShown they stay', async () => {
    const record = await save(world);
    const { tab, other } = await openTabs();
    const url = await show(tab, record);
    await logOut(other, { keepShown: true });
    await eventually(() => tab.evaluate((id) => frontend.cachedImageExists(id), record.id)).toBe(false);
    expect(await opens(tab, url)).toBe(true);
  });

  test('a prefetch that is running ends, asks for nothing more and caches nothing', async () => {
    const records = await Promise.all(Array.from({ length: 100 }, () => world.backend.save(smallPicture())));
    const { tab, other } = await openTabs();
    const held = holdAnswers();
    const prefetch = tab.evaluate(
      (records) =>
        frontend.prefetchImages(records).then(
          () => 'done',
          (error) => error.code,
        ),
      records,
    );
    await held.arrived;
    await logOut(other);
    expect(await prefetch).toBe('CACHE_CLEARED');
    held.release();
    const before = world.tap.requests.length;
    await expectNothingKept(tab);
    expect(world.tap.requests.length).toBe(before + 1);
  });

  test('what waits to be written is not written, when the page is left neither', async () => {
    const record = await save(world);
    const { tab, other } = await openTabs();
    // Never idle: nothing is written before the page is left.
    await tab.evaluate(() => {
      globalThis.requestIdleCallback = () => 0;
    });
    expect(await get(tab, record)).toMatchObject(picture);
    await logOut(other);
    await tab.goto(`${world.site.origin}/?next`);
    await startFrontend(world, tab);
    await expectNothingKept(tab);
  });
});

// One more try: a browser that is short of time may drop what a page began before it went.
test('a user who is sent to another page at once has logged out', { retry: 1 }, async () => {
  const record = await save(world);
  const tab = await openTab(world);
  await get(tab, record);
  await eventually(() => cachedIds(tab)).toEqual([record.id]);
  await tab.evaluate(() => {
    void frontend.clearImageCache();
    location.assign('/?login');
  });
  await tab.waitForURL(/login/);
  await startFrontend(world, tab);
  expect(await cachedIds(tab)).toEqual([]);
});

test('in a page ends what a worker does', async () => {
  const record = await save(world);
  const tab = await openTab(world);
  const held = holdAnswers();
  const config = { defaultEndpointConnectHost: '127.0.0.1', defaultEndpointConnectPort: world.tap.port };
  const answer = tab.evaluate(
    (task) =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data);
        new Worker('/worker.js', { type: 'module' }).postMessage(null, [port2]);
        port1.postMessage(task);
      }),
    { config, record },
  );
  await held.arrived;
  await logOut(tab);
  expect(await answer).toEqual({ error: expect.stringContaining('PixstoreError: The cache was cleared') });
  held.release();
  await expectNothingKept(tab);
});

describe('where tabs cannot tell each other', () => {
  async function openTabs() {
    const context = await openContext(world);
    await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'BroadcastChannel'));
    return { tab: await openTab(world, {}, context), other: await openTab(world, {}, context) };
  }

  test('a tab finds out when it comes to write, and writes nothing from before', async () => {
    const [shown, late] = [await save(world), await save(world)];
    const { tab, other } = await openTabs();
    const url = await show(tab, shown);
    await eventually(() => cachedIds(tab)).toEqual([shown.id]);
    await logOut(other);
    await get(tab, late);
    await eventually(() => opens(tab, url)).toBe(false);
    await expectNothingKept(tab);
  });

  test('a page that is left writes nothing from before', async () => {
    const record = await save(world);
    const { tab, other } = await openTabs();
    await tab.evaluate(() => {
      globalThis.requestIdleCallback = () => 0;
    });
    await get(tab, record);
    await logOut(other);
    await tab.goto(`${world.site.origin}/?next`);
    await startFrontend(world, tab);
    expect(await cachedIds(tab)).toEqual([]);
  });
});

test('a page that comes back from the back/forward cache, where it slept through it, shows nothing on', async () => {
  // Playwright switches that cache off unless it is told not to.
  const options = { ...(await launchOptions()), ignoreDefaultArgs: ['--disable-back-forward-cache'] };
  const browser = await chromium.launch(options);
  onTestFinished(() => browser.close());
  const context = await browser.newContext();
  // A page that is told something in there is thrown out by the browser; one that cannot be told comes back.
  await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'BroadcastChannel'));
  const record = await save(world);
  const tab = await openTab(world, {}, context);
  const url = await show(tab, record);
  await eventually(() => cachedIds(tab)).toEqual([record.id]);
  // Playwright loses sight of a page in there: it says itself, to the other tab, how it came back and what it shows.
  await tab.evaluate((url) => {
    addEventListener('pageshow', async ({ persisted }) => {
      localStorage.back = persisted ? 'from the cache' : 'loaded';
      for (;;)
        localStorage.url = await fetch(url)
          .then(() => 'opens')
          .catch(() => 'leads nowhere');
    });
  }, url);
  await tab.goto(`${world.site.origin}/?next`);
  const other = await openTab(world, {}, context);
  await logOut(other);
  void tab.evaluate(() => history.back()).catch(() => {});
  await eventually(() => other.evaluate(() => localStorage.back)).toBe('from the cache');
  await eventually(() => other.evaluate(() => localStorage.url)).toBe('leads nowhere');
});

/** Holds back all answers of the endpoint until they are released. */
function holdAnswers() {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const arrived = new Promise<void>((resolve) => {
    world.tap.meddle = async (payload) => {
      resolve();
      await released;
      return payload;
    };
  });
  return { arrived, release };
}
