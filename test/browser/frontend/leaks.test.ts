import type { ImageRecord } from 'pixstore/backend';
import type { CDPSession, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { smallPicture } from '../../support/small-picture.js';
import { openTab, useWorld } from '../harness/world.js';

const world = useWorld();

const pictures = 200;
const rounds = 20;

// Pictures come from memory in one, from disk in the other: each has its own way to keep hold of something.
test.each([
  ['from memory', {}],
  ['from disk', { frontendMemoryCacheBytes: 0 }],
])(
  'showing and releasing pictures again and again, %s, leaves no URL and no memory behind',
  async (_, config) => {
    const saved = await Promise.all(Array.from({ length: pictures }, () => world.backend.save(smallPicture())));
    const ids = saved.map(({ id }) => id);
    const tab = await openTab(world, config);
    const devtools = await tab.context().newCDPSession(tab);
    await countUrls(tab);

    await showAndRelease(tab, ids, 5); // caches fill, code is compiled
    const before = await heapBytes(devtools);
    await showAndRelease(tab, ids, rounds);
    const after = await heapBytes(devtools);

    const { made, left } = await tab.evaluate(() => (globalThis as unknown as { urls: UrlCount }).urls);
    expect(made).toBe(pictures * (rounds + 5));
    expect(left, 'URLs that nobody revoked').toBe(0);
    // A hundred bytes kept of each picture shown would be 400 kB.
    expect(after - before).toBeLessThan(200_000);
  },
  240_000,
);

interface UrlCount {
  made: number;
  left: number;
}

async function countUrls(tab: Page): Promise<void> {
  await tab.evaluate(() => {
    const urls: UrlCount = { made: 0, left: 0 };
    Object.assign(globalThis, { urls });
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      urls.made += 1;
      urls.left += 1;
      return createObjectURL(blob);
    };
    URL.revokeObjectURL = (url) => {
      urls.left -= 1;
      revokeObjectURL(url);
    };
  });
}

async function showAndRelease(tab: Page, ids: string[], rounds: number): Promise<void> {
  // A few at a time, each with records that are fresh on a slow machine too.
  for (let round = 0; round < rounds; round += 5) {
    const records = ids.map((id) => world.backend.record(id));
    await tab.evaluate(showFiveTimes, records);
    await tab.evaluate(() => loads.splice(0)); // the test page's own notes
  }
}

/** Runs in the page. */
async function showFiveTimes(records: ImageRecord[]): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    const shown = await Promise.all(records.map((record) => frontend.getImageUrl(record)));
    const elements = shown.map((image) => {
      const element = document.createElement('img');
      element.src = image?.url ?? '';
      document.body.append(element);
      return element;
    });
    await elements[round]?.decode();
    for (const element of elements) element.remove();
    for (const image of shown) image?.release();
  }
}

/** What the page's scripts hold on to. */
async function heapBytes(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}
