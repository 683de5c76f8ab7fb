import { equal, eventually, has, ok } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import type { Case } from './case.js';

export const helpers: Case[] = [
  {
    title: 'getImages gives the pictures in the order of their records, and one that fails fails alone',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(30);
      const records = saved.map(({ record }) => record);
      await control.remove(records[3]?.id ?? '');
      const page = await openFrame();
      await page.start({ errorHandlingMode: 'silent' });
      const images = (await page.window.frontend.getImages(records)) ?? [];
      equal(images.length, records.length);
      for (const [at, { sha256 }] of saved.entries()) {
        const image = images[at];
        equal(image ? await page.digest(image) : null, at === 3 ? null : sha256, `image ${at}`);
      }
    },
  },

  {
    title: 'prefetched images are there when they are wanted',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(30);
      const records = saved.map(({ record }) => record);
      const page = await openFrame();
      await page.start({});
      await page.window.frontend.prefetchImages(records);
      const asked = (await control.requests()).length;
      for (const { record, sha256 } of saved) has(await page.get(record), { sha256 });
      equal((await control.requests()).length, asked, 'requests');
    },
  },

  {
    title: 'a picture shown many times has one URL, which works until the last of them lets go',
    async run({ control, openFrame }) {
      const { record } = await control.save('rocket.jpg');
      const page = await openFrame();
      await page.start({});
      const revoked = noteRevoked(page);
      const { frontend, document } = page.window;
      const shown = await Promise.all(Array.from({ length: 10 }, () => frontend.getImageUrl(record)));
      const url = shown[0]?.url ?? '';
      equal(new Set(shown.map((each) => each?.url)).size, 1, 'URLs');
      for (const each of shown.slice(1)) {
        each?.release();
        each?.release(); // once more is not once for another
      }
      const image = document.createElement('img');
      image.src = url;
      await image.decode(); // one still holds it
      equal(revoked, []);
      shown[0]?.release();
      equal(revoked, [url]);
      ok((await frontend.getImageUrl(record))?.url !== url, 'a URL was used again');
    },
  },

  {
    title: 'close revokes the URLs that are left',
    async run({ control, openFrame }) {
      const { record } = await control.save('rocket.jpg');
      const page = await openFrame();
      await page.start({});
      const revoked = noteRevoked(page);
      const shown = await page.window.frontend.getImageUrl(record);
      await page.close();
      equal(revoked, [shown?.url]);
    },
  },

  {
    title: 'cacheStats tells what each tier holds and gave',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(10);
      const records = saved.map(({ record }) => record);
      const first = await openFrame();
      await first.start({});
      await first.getAll(records);
      await eventually(async () => (await first.cachedIds()).length, 10);
      await first.leave();
      const page = await openFrame();
      await page.start({});
      await page.getAll(records);
      await page.getAll(records.slice(0, 4));
      const { memory, disk, network } = (await page.window.frontend.cacheStats()) ?? {};
      has(memory ?? {}, { entries: 10, hits: 4 });
      has(disk ?? {}, { entries: 10, hits: 10 });
      has(network ?? {}, { hits: 0, bytes: 0 });
      ok((memory?.bytes ?? 0) > 0 && (disk?.bytes ?? 0) > 0, 'no bytes');
    },
  },

  ...['cat.png', 'rocket.jpg', 'coffee.webp'].map(
    (name): Case => ({
      title: `${name} decodes to pixels in a page and in createImageBitmap`,
      async run({ control, openFrame }) {
        const { record } = await control.save(name);
        const page = await openFrame();
        await page.start({});
        const image = await page.window.frontend.getImage(record);
        ok(image, 'no image');
        const bitmap = await page.window.createImageBitmap(image);
        equal([bitmap.width, bitmap.height], await page.show(record));
        const canvas = page.window.document.createElement('canvas');
        const context = canvas.getContext('2d');
        ok(context, 'no canvas');
        context.drawImage(bitmap, 0, 0);
        const pixels = context.getImageData(0, 0, 64, 64).data;
        ok(new Set(pixels).size > 16, 'it is blank');
      },
    }),
  ),
];

/** The object URLs that a page revokes from now on. Whether one still shows is no test: Firefox keeps what it decoded. */
function noteRevoked({ window }: Frame): string[] {
  const revoked: string[] = [];
  const { revokeObjectURL } = window.URL;
  window.URL.revokeObjectURL = (url) => {
    revoked.push(url);
    revokeObjectURL(url);
  };
  return revoked;
}
