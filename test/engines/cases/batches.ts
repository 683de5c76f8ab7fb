import { equal, eventually, has, ok } from '../page/expect.js';
import type { Page } from '../page/pages.js';
import type { Saved } from '../server/control.js';
import type { Fault } from '../server/wire.js';
import type { Case } from './case.js';

const count = 24;

export const batches: Case[] = [
  {
    title: 'calls of one moment go out together, and every image is asked for once',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(200);
      const page = await openFrame();
      await page.start({});
      equal(await outcomes(page, saved), Array(200).fill('shown'));
      const requests = await control.requests();
      equal([...new Set(requests.map(({ method }) => method))], ['POST']);
      ok(requests.length <= 8, `it took ${requests.length} requests`);
      const ids = saved.map(({ record }) => record.id);
      equal(requests.flatMap((request) => request.ids).sort(), ids.sort());
    },
  },

  {
    title: 'a picture shows as soon as its own bytes are there, and one that stays away holds up no other',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const page = await openFrame();
      await page.start({});
      await control.suffer({ method: 'POST', times: 1, holdAfter: 1000 });
      let shown = 0;
      const all = saved.map(({ record }) => page.get(record).then(() => (shown += 1)));
      await eventually(() => shown >= count - 1, true, 'all but one are shown');
      await control.release();
      await Promise.all(all);
    },
  },

  {
    title: 'a backend that dies in the middle of an answer: what came whole shows, the rest is asked for again',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const page = await openFrame();
      await page.start({});
      await control.suffer({ method: 'POST', times: 1, holdAfter: 1000, breakAfter: 1000 });
      const all = outcomes(page, saved);
      // A browser may drop what came just before the connection broke: let it be read first.
      await eventually(async () => (await page.sources()).length > 0, true, 'some are shown');
      await control.release();
      equal(await all, Array(count).fill('shown'));
      const asked = (await control.requests()).flatMap(({ ids }) => ids);
      const broken = (await control.requests())[0]?.ids ?? [];
      const again = broken.filter((id) => asked.filter((other) => other === id).length > 1);
      ok(again.length > 0, 'none was asked for again');
      ok(again.length < broken.length, 'what came whole was asked for again');
    },
  },

  {
    title: 'a backend that dies every time: what came whole shows, the rest is FETCH_FAILED',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const page = await openFrame();
      await page.start({ fetchRetries: 0 });
      await control.suffer({ holdAfter: 1000, breakAfter: 1000 });
      const all = outcomes(page, saved);
      await eventually(async () => (await page.sources()).length > 0, true, 'some are shown');
      await control.suffer({ breakAfter: 0 });
      await control.release();
      const seen = await all;
      equal([...new Set(seen)].sort(), ['FETCH_FAILED', 'shown']);
    },
  },

  {
    title: 'a frame with one changed bit is DECRYPTION_FAILED, and the others show',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const page = await openFrame();
      await page.start({});
      await control.suffer({ method: 'POST', times: 1, flipAt: 100 });
      const seen = await outcomes(page, saved);
      equal(
        seen.filter((outcome) => outcome !== 'shown'),
        ['DECRYPTION_FAILED'],
      );
    },
  },

  ...(
    [
      ['one too many', { flipAt: 0 }],
      ['far too many', { flipAt: 3 }],
    ] as [string, Fault][]
  ).map(
    ([what, fault]): Case => ({
      title: `a frame whose length says ${what} spoils pictures, but shows none wrongly`,
      async run({ control, openFrame }) {
        const saved = await control.saveMany(count);
        const page = await openFrame();
        await page.start({ fetchRetries: 0 });
        await control.suffer({ method: 'POST', times: 1, ...fault });
        const seen = await outcomes(page, saved);
        ok(!seen.includes('wrong'), 'a picture was shown for another');
        await control.suffer(null);
        equal(await outcomes(page, saved), Array(count).fill('shown'), 'afterwards');
      },
    }),
  ),

  {
    title: 'an entry that is refused spoils its own picture only',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const [gone, forged, other] = saved as [Saved, Saved, Saved];
      await control.remove(gone.record.id);
      const page = await openFrame();
      await page.start({});
      const records = saved.map(({ record }) =>
        record === forged.record ? { ...record, statelessProof: other.record.statelessProof } : record,
      );
      const seen = await page.getAll(records);
      has(seen[0] ?? {}, { code: 'IMAGE_NOT_FOUND' });
      has(seen[1] ?? {}, { code: 'PROOF_INVALID' });
      for (const [at, { sha256 }] of saved.entries()) if (at > 1) has(seen[at] ?? {}, { sha256 });
    },
  },

  ...[404, 405].map(
    (status): Case => ({
      title: `a backend that answers a batch with ${status} is asked one by one for a while`,
      async run({ control, openFrame }) {
        const saved = await control.saveMany(2 * count);
        const page = await openFrame();
        await page.start({});
        await control.suffer({ method: 'POST', status });
        equal(await outcomes(page, saved.slice(0, count)), Array(count).fill('shown'));
        const batchesTried = (await control.requests()).filter(({ method }) => method === 'POST').length;
        equal(await outcomes(page, saved.slice(count)), Array(count).fill('shown'));
        const requests = await control.requests();
        equal(requests.filter(({ method }) => method === 'POST').length, batchesTried, 'batches tried');
        equal(requests.filter(({ method }) => method === 'GET').length, 2 * count, 'single requests');
      },
    }),
  ),

  ...[500, 502, 520].map(
    (status): Case => ({
      title: `one ${status} on the first batch: pictures come, and go on coming in batches`,
      async run({ control, openFrame }) {
        const saved = await control.saveMany(2 * count);
        const page = await openFrame();
        await page.start({});
        await control.suffer({ status, times: 1 });
        equal(await outcomes(page, saved.slice(0, count)), Array(count).fill('shown'));
        equal(await outcomes(page, saved.slice(count)), Array(count).fill('shown'));
        equal([...new Set((await control.requests()).map(({ method }) => method))], ['POST']);
      },
    }),
  ),

  ...[401, 403].map(
    (status): Case => ({
      title: `whoever is refused by ${status} is told so for every picture, which is asked for once`,
      async run({ control, openFrame }) {
        const saved = await control.saveMany(count);
        const page = await openFrame();
        await page.start({});
        await control.suffer({ status });
        equal(await outcomes(page, saved), Array(count).fill('FETCH_FAILED'));
        const requests = await control.requests();
        const posts = requests.filter(({ method }) => method === 'POST');
        ok(posts.length <= 4 && requests.length <= 2 * posts.length, `it took ${requests.length} requests`);
        await control.suffer(null);
        equal(await outcomes(page, saved), Array(count).fill('shown'), 'after a login');
        ok((await control.requests()).at(-1)?.method === 'POST', 'and in batches');
      },
    }),
  ),

  {
    title: 'a proxy that answers 503 for a moment is asked again',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const page = await openFrame();
      await page.start({});
      await control.suffer({ status: 503, times: 2 });
      equal(await outcomes(page, saved), Array(count).fill('shown'));
    },
  },

  {
    title: 'what is visible overtakes what may be wanted later',
    async run({ control, openFrame }) {
      const [first, later, visible] = [
        await control.saveMany(64),
        await control.saveMany(10),
        await control.saveMany(10),
      ];
      const page = await openFrame();
      await page.start({});
      await control.suffer({ holdAfter: 0 });
      const { frontend } = page.window;
      const get = (priority: 'high' | 'auto' | 'low') => (saved: Saved) =>
        frontend.getImage(saved.record, undefined, { priority });
      const all = first.map(get('auto'));
      await eventually(async () => (await control.requests()).length > 0, true, 'the line is busy');
      all.push(...later.map(get('low')), ...visible.map(get('high')));
      const asked = async (those: Saved[]) => {
        const ids = new Set((await control.requests()).flatMap(({ ids }) => ids));
        return those.filter(({ record }) => ids.has(record.id)).length;
      };
      await eventually(() => asked(visible), visible.length);
      equal(await asked(later), 0, 'asked for what may be wanted later');
      await control.suffer(null);
      await control.release();
      equal((await Promise.all(all)).includes(null), false);
    },
  },
];

/** What becomes of each image, asked for all at once. */
async function outcomes(page: Page, saved: Saved[]): Promise<(string | undefined)[]> {
  const seen = await page.getAll(saved.map(({ record }) => record));
  return seen.map((image, at) => {
    if ('code' in image) return image.code;
    return image.sha256 === saved[at]?.sha256 ? 'shown' : 'wrong';
  });
}
