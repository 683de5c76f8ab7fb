import { equal, eventually, has } from '../page/expect.js';
import type { Page } from '../page/pages.js';
import type { Saved } from '../server/control.js';
import { type Case, withoutMemory } from './case.js';

export const eviction: Case[] = [
  {
    title: 'past the limit the least recently used images go, one batch of them',
    async run({ control, openFrame }) {
      const [a, b, c, d, e, f] = (await control.saveMany(6)) as [Saved, Saved, Saved, Saved, Saved, Saved];
      const page = await openFrame();
      await page.start({ ...withoutMemory, frontendImageCacheLimit: 5, frontendCleanupBatch: 3 });
      for (const saved of [a, b, c, d, e]) await cache(page, saved);
      await page.get(a.record); // now b, c and d are the oldest
      await eventually(async () => (await lastUsed(page)).at(-1), a.record.id);
      await page.get(f.record);
      await eventually(() => page.cachedIds(), idsOf([a, e, f]));
    },
  },

  {
    title: 'a cache far over its limit gets under it on a later visit, and the newest stay',
    async run({ control, openFrame }) {
      const saved = (await control.saveMany(8)) as Saved[];
      const last = saved.slice(-2) as [Saved, Saved];
      const before = await openFrame();
      await before.start({ frontendImageCacheLimit: 100 });
      for (const each of saved.slice(0, -1)) await cache(before, each);
      await before.leave();
      const page = await openFrame();
      await page.start({ frontendImageCacheLimit: 3, frontendCleanupBatch: 2 });
      await page.get(last[1].record);
      await eventually(() => page.cachedIds(), idsOf(last));
      equal(await page.exists(last[0].record.id), true);
    },
  },

  {
    title: 'past the limit in bytes the least recently used images go',
    async run({ control, openFrame }) {
      const saved: Saved[] = [];
      for (const name of ['brick.webp', 'camera.webp', 'coffee.webp', 'brick.webp'])
        saved.push(await control.save(name));
      const page = await openFrame();
      await page.start({ ...withoutMemory, frontendCacheBytes: 104_000 }); // all but the first
      for (const each of saved.slice(0, 3)) await cache(page, each);
      const last = saved.at(-1) as Saved;
      await page.get(last.record);
      await eventually(() => page.cachedIds(), idsOf(saved.slice(1)));
    },
  },

  {
    title: 'an image larger than the whole cache shows, and drives no other out',
    async run({ control, openFrame }) {
      const small = await control.save('brick.webp');
      const large = await control.save('hubble.jpg');
      const page = await openFrame();
      await page.start({ ...withoutMemory, frontendCacheBytes: 100_000 });
      await cache(page, small);
      has(await page.get(large.record), { sha256: large.sha256 });
      const other = await control.save('camera.webp');
      await cache(page, other);
      equal(await page.cachedIds(), idsOf([small, other]));
    },
  },
];

/** Gets an image and waits until it is on disk. */
async function cache(page: Page, { record }: Saved): Promise<void> {
  await page.get(record);
  await eventually(async () => (await page.cachedIds()).includes(record.id), true, `${record.id} is on disk`);
}

const idsOf = (saved: Saved[]) => saved.map(({ record }) => record.id).sort();

/** The ids, least recently used first. */
async function lastUsed(page: Page): Promise<unknown[]> {
  const rows = (await page.readAll())['images-usage'] ?? [];
  return rows.sort((one, other) => Number(one.lastUsed) - Number(other.lastUsed)).map(({ id }) => id);
}
