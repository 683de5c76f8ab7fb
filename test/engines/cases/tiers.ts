import { equal, eventually, has } from '../page/expect.js';
import { type Case, withoutMemory } from './case.js';

export const tiers: Case[] = [
  ...['cat.png', 'rocket.jpg', 'coffee.webp'].map(
    (name): Case => ({
      title: `${name} comes back as the same bytes, and an <img> shows it`,
      async run({ control, openFrame }) {
        const { record, sha256 } = await control.save(name);
        const page = await openFrame();
        await page.start({});
        has(await page.get(record), { sha256 });
        const [width] = await page.show(record);
        equal(width, { 'cat.png': 451, 'rocket.jpg': 640, 'coffee.webp': 600 }[name], 'width');
      },
    }),
  ),

  {
    title: 'a second call comes from memory, a reloaded page from disk, and neither asks the endpoint',
    async run({ control, openTab }) {
      const { record, sha256 } = await control.save('astronaut.jpg');
      const page = await openTab();
      await page.start({});
      has(await page.get(record), { sha256 });
      has(await page.get(record), { sha256 });
      equal(await page.sources(), ['network', 'memory']);
      await eventually(() => page.cachedIds(), [record.id]);
      await page.reload();
      await page.start({});
      has(await page.get(record), { sha256 });
      equal(await page.sources(), ['disk']);
      equal((await control.requests()).length, 1, 'requests');
    },
  },

  {
    title: 'a visit after the first takes images from disk',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(20);
      const records = saved.map(({ record }) => record);
      for (const source of ['network', 'disk']) {
        const page = await openFrame();
        await page.start({});
        const seen = await page.getAll(records);
        equal(
          seen.map((image) => 'sha256' in image && image.sha256),
          saved.map(({ sha256 }) => sha256),
        );
        equal(new Set(await page.sources()).size, 1);
        equal((await page.sources())[0], source);
        await eventually(async () => (await page.cachedIds()).length, 20);
        await page.leave();
      }
    },
  },

  {
    title: 'a page that is busy for seconds does not take its disk cache for dead',
    async run({ control, openFrame }) {
      const records = (await control.saveMany(100)).map(({ record }) => record);
      const before = await openFrame();
      await before.start({});
      await before.getAll(records);
      await eventually(async () => (await before.cachedIds()).length, 100);
      await before.leave();
      const page = await openFrame();
      await page.start({});
      const [first, ...rest] = records;
      if (first) await page.get(first); // the database is open
      const all = page.getAll(rest);
      await Promise.resolve().then(() => undefined); // they have been asked for
      const until = performance.now() + 3000;
      while (performance.now() < until);
      await all;
      equal([...new Set(await page.sources())], ['disk']);
      equal((await page.window.frontend.cacheStats())?.disk.hits, 100);
    },
  },

  {
    title: 'a decrypted cache shows the same picture on the next visit',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('coffee.webp');
      for (const source of ['network', 'disk']) {
        const page = await openFrame();
        await page.start({ frontendCacheContents: 'decrypted' });
        has(await page.get(record), { sha256, type: 'image/webp' });
        equal(await page.sources(), [source]);
        await eventually(() => page.cachedIds(), [record.id]);
        await page.leave();
      }
    },
  },

  {
    title: 'an old record shows the updated image, and a new one finds it cached',
    async run({ control, openFrame }) {
      const old = await control.save('rocket.jpg');
      const fresh = await control.update(old.record.id, 'gravel.png');
      const page = await openFrame();
      await page.start(withoutMemory);
      has(await page.get(old.record), { sha256: fresh.sha256, type: 'image/png' });
      await eventually(() => page.cachedIds(), [old.record.id]);
      has(await page.get(fresh.record), { sha256: fresh.sha256 });
      equal(await page.sources(), ['network', 'disk']);
    },
  },

  {
    title: 'calls at the same time for the same version share one request',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('camera.webp');
      const page = await openFrame();
      await page.start({});
      for (const seen of await page.getAll(Array(20).fill(record))) has(seen, { sha256 });
      equal(
        (await control.requests()).map(({ ids }) => ids),
        [[record.id]],
      );
    },
  },
];
