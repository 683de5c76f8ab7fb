import { equal, eventually, has } from '../page/expect.js';
import type { Frame } from '../page/pages.js';
import type { Case } from './case.js';

export const aborting: Case[] = [
  {
    title: 'an aborted call rejects with its reason, and the request that was for it alone ends',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({});
      await control.suffer({ holdAfter: 100 });
      const abort = new page.window.AbortController();
      const call = page.window.frontend.getImage(record, undefined, { signal: abort.signal });
      await eventually(async () => (await control.requests()).length, 1);
      abort.abort('scrolled away');
      equal(await call.catch((reason) => reason), 'scrolled away');
      await eventually(async () => (await control.requests())[0]?.givenUp, true, 'given up');
      await control.suffer(null);
      has(await page.get(record), { sha256 });
    },
  },

  {
    title: 'a call that is aborted before it begins asks for nothing',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({});
      const call = page.window.frontend.getImage(record, undefined, { signal: page.window.AbortSignal.abort('no') });
      equal(await call.catch((reason) => reason), 'no');
      equal(await control.requests(), []);
    },
  },

  {
    title: 'who shares a request with an aborted call gets the picture',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({});
      await control.suffer({ holdAfter: 100 });
      const abort = new page.window.AbortController();
      const aborted = page.window.frontend.getImage(record, undefined, { signal: abort.signal });
      const other = page.get(record);
      await eventually(async () => (await control.requests()).length, 1);
      abort.abort('scrolled away');
      equal(await aborted.catch((reason) => reason), 'scrolled away');
      await control.release();
      has(await other, { sha256 });
      equal((await control.requests()).length, 1, 'requests');
    },
  },

  {
    title: 'images that are scrolled past leave the queue, and the others show',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(100);
      const page = await openFrame();
      await page.start({});
      const abort = new page.window.AbortController();
      const calls = saved.map(({ record }, at) => getOrReason(page, record, at % 2 ? abort.signal : undefined));
      abort.abort('scrolled away');
      const seen = await Promise.all(calls);
      for (const [at, outcome] of seen.entries()) equal(outcome, at % 2 ? 'scrolled away' : 'shown', `image ${at}`);
    },
  },
];

async function getOrReason(page: Frame, record: Parameters<Frame['get']>[0], signal?: AbortSignal): Promise<unknown> {
  return page.window.frontend.getImage(record, undefined, { signal }).then(
    () => 'shown',
    (reason) => reason,
  );
}
