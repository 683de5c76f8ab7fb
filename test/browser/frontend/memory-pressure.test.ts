import { randomBytes } from 'node:crypto';
import type { ImageRecord } from 'pixstore/backend';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { markedPicture } from '../../support/marked-picture.js';
import { openProfile, type ProfiledBrowser } from '../harness/profile.js';
import { openTab, useWorld } from '../harness/world.js';

// Under memory pressure Chromium writes Blobs into the profile's blob_storage, in the clear, the oldest first.

const world = useWorld();
const mebibyte = 1024 * 1024;
const pictures = 40;

declare global {
  var held: unknown[];
}

/** A browser that loads 40 MB of marked pictures. */
async function load() {
  const mark = randomBytes(16);
  const records: ImageRecord[] = [];
  for (let at = 0; at < pictures; at += 1) records.push(await world.backend.save(markedPicture(mark, mebibyte)));
  const browser = await openProfile();
  const tab = await openTab(world, {}, browser.context);
  return { mark, records, browser, tab };
}

/** Makes memory short until a Blob that is younger than all others is on the disk: older ones would be there before it. */
async function press({ devtools, bytesOnDisk }: ProfiledBrowser, tab: Page): Promise<void> {
  const mark = randomBytes(16);
  await tab.evaluate(
    ({ mark, size }) => {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 64) bytes.set(mark, at);
      globalThis.held = [...(globalThis.held ?? []), new Blob([bytes])];
    },
    { mark: [...mark], size: 8 * mebibyte },
  );
  await expect
    .poll(
      async () => {
        // Not in the types of the protocol.
        const send = devtools.send as (method: string, params: object) => Promise<unknown>;
        await send.call(devtools, 'Memory.simulatePressureNotification', { level: 'moderate' });
        return bytesOnDisk(mark);
      },
      { timeout: 30_000, interval: 500 },
    )
    .toBe(8 * mebibyte);
}

const usage = (tab: Page) => tab.evaluate(() => frontend.cacheStats().then((stats) => stats?.memory));

test.each([
  ['getImages', (records: ImageRecord[]) => frontend.getImages(records)],
  ['prefetchImages', (records: ImageRecord[]) => frontend.prefetchImages(records)],
])(
  'of what %s keeps in memory nothing is written into the profile',
  async (_, load40) => {
    const { mark, records, browser, tab } = await load();
    await tab.evaluate(`(${load40})(${JSON.stringify(records)}).then(() => undefined)`);
    expect(await usage(tab)).toMatchObject({ entries: pictures });
    await collectGarbage(tab); // of Blobs that the page has let go of
    await press(browser, tab);
    expect(await browser.bytesOnDisk(mark)).toBe(0);
    // They are in memory, and shown from there.
    await tab.evaluate((records) => frontend.getImages(records).then(() => undefined), records);
    expect(await usage(tab)).toMatchObject({ hits: expect.any(Number), entries: pictures });
    await tab.evaluate(() => frontend.clearImageCache());
    expect(await browser.bytesOnDisk(mark)).toBe(0);
    await browser.kill();
    expect(await browser.bytesOnDisk(mark)).toBe(0);
  },
  120_000,
);

test('of URLs that were shown and released nothing is written into the profile, nor of those that a logout revoked', async () => {
  const { mark, records, browser, tab } = await load();
  await tab.evaluate(async (records) => {
    const half = records.length / 2;
    const shown = await Promise.all(records.slice(0, half).map((record) => frontend.getImageUrl(record)));
    for (const url of shown) url?.release();
    await Promise.all(records.slice(half).map((record) => frontend.getImageUrl(record)));
    await frontend.clearImageCache();
  }, records);
  await collectGarbage(tab);
  await press(browser, tab);
  expect(await browser.bytesOnDisk(mark)).toBe(0);
}, 120_000);

test('what the page itself holds as Blobs is written there (so the search finds what is there)', async () => {
  const { mark, records, browser, tab } = await load();
  await tab.evaluate(async (records) => {
    globalThis.held = (await frontend.getImages(records)) ?? [];
  }, records);
  await press(browser, tab);
  expect(await browser.bytesOnDisk(mark)).toBeGreaterThan(30 * mebibyte);
}, 120_000);

async function collectGarbage(tab: Page): Promise<void> {
  const devtools = await tab.context().newCDPSession(tab);
  await devtools.send('HeapProfiler.collectGarbage');
}
