import { equal, eventually, has } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import { type Case, withoutMemory } from './case.js';

export const forgetting: Case[] = [
  {
    title: 'a deleted image leaves memory and disk, and the others stay',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const { record: other } = await control.save('camera.webp');
      const page = await openFrame();
      await page.start({});
      await page.getAll([record, other]);
      await eventually(async () => (await page.cachedIds()).length, 2);
      equal(await page.forget(record.id), true, 'it was there');
      equal(await page.exists(record.id), false, 'it is there');
      equal(await page.cachedIds(), [other.id]);
      equal(await page.forget(record.id), false, 'it was there, asked again');
    },
  },

  {
    title: 'a logout leaves nothing in memory or on disk',
    async run({ control, openFrame }) {
      const records = (await control.saveMany(30)).map(({ record }) => record);
      const page = await openFrame();
      await page.start({});
      await page.getAll(records);
      await eventually(async () => (await page.cachedIds()).length, records.length);
      await page.clear();
      const { 'images-logouts': logouts = [], ...stores } = await page.readAll();
      equal(Object.values(stores).flat(), [], 'rows of all stores');
      equal(logouts.length, 1, 'rows of the last logout');
      for (const { id } of records) equal(await page.exists(id), false);
    },
  },

  {
    title: 'a logout while images are on their way ends the wait for them, and leaves nothing behind when they arrive',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const { record: later } = await control.save('camera.webp');
      const page = await openFrame();
      await page.start(withoutMemory);
      await control.suffer({ holdAfter: 0, times: 1 });
      const onItsWay = page.get(record);
      await eventually(async () => (await control.requests()).length, 1);
      await page.clear();
      await control.release();
      has(await onItsWay, { code: 'CACHE_CLEARED' });
      // Once what was fetched afterwards is on disk, the early one would be there too.
      await page.get(later);
      await eventually(async () => (await page.cachedIds()).includes(later.id), true);
      equal(await page.cachedIds(), [later.id]);
    },
  },

  {
    title: 'after a logout URLs lead nowhere; with keepShown they stay until they are released',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const { record: other } = await control.save('camera.webp');
      const page = await openFrame();
      await page.start({});
      const { frontend, Image } = page.window as Frame['window'] & { Image: typeof globalThis.Image };
      const shows = async (src = '') => {
        const image = new Image();
        image.src = src;
        return image.decode().then(
          () => true,
          () => false,
        );
      };
      const kept = await frontend.getImageUrl(record);
      await frontend.clearImageCache({ keepShown: true });
      equal(await shows(kept?.url), true, 'it shows with keepShown');
      // Another one: what a document has shown Firefox shows there again, wherever the URL leads.
      const revoked = await frontend.getImageUrl(other);
      await frontend.clearImageCache();
      equal(await shows(revoked?.url), false, 'it shows after a logout');
    },
  },

  {
    title: 'the same Blob is given as long as the page holds it, and it cannot change what is in memory',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({});
      const { frontend } = page.window;
      const one = await frontend.getImage(record);
      equal((await frontend.getImage(record)) === one, true, 'it is the same');
      new Uint8Array((await one?.arrayBuffer()) ?? new ArrayBuffer()).fill(0);
      has(await page.get(record), { sha256 });
    },
  },

  {
    title: 'what is on disk is of no use without a record: no byte of a picture, no key, no proof',
    async run({ control, openFrame }) {
      const { record } = await control.save('coffee.webp');
      const page = await openFrame();
      await page.start({});
      const image = await page.window.frontend.getImage(record);
      const picture = new Uint8Array((await image?.arrayBuffer()) ?? new ArrayBuffer()).slice(9000, 9032);
      await eventually(() => page.cachedIds(), [record.id]);
      const disk = await bytesOf(await page.readAll());
      equal(includes(disk, new TextEncoder().encode(record.id)), true, 'the search finds what is there');
      const key = Uint8Array.from(atob(record.meta.key), (character) => character.charCodeAt(0));
      const texts = [record.meta.key, record.statelessProof].map((text) => new TextEncoder().encode(text));
      for (const secret of [picture, key, ...texts]) equal(includes(disk, secret), false, 'the disk holds a secret');
    },
  },
];

/** Everything in a value, in one piece; buffers whole, not only what a view shows. */
async function bytesOf(value: unknown): Promise<Uint8Array> {
  const parts: BlobPart[] = [];
  const collect = (part: unknown): void => {
    // By tag: the value comes from another realm.
    const tag = Object.prototype.toString.call(part).slice('[object '.length, -1);
    if (tag === 'Blob' || tag === 'ArrayBuffer') parts.push(part as BlobPart);
    else if (ArrayBuffer.isView(part)) parts.push(part.buffer as ArrayBuffer);
    else if (typeof part === 'object' && part) Object.values(part).forEach(collect);
    else parts.push(`${String(part)} `);
  };
  collect(value);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function includes(haystack: Uint8Array, needle: Uint8Array): boolean {
  const [first = 0] = needle;
  for (let at = haystack.indexOf(first); at >= 0; at = haystack.indexOf(first, at + 1)) {
    if (needle.every((byte, index) => haystack[at + index] === byte)) return true;
  }
  return false;
}
