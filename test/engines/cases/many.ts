import { equal, eventually, ok } from '../page/expect.js';
import type { Case } from './case.js';
import { countRows } from './rows.js';

const count = 5000;

export const many: Case[] = [
  {
    title: `a page of ${count} records shows every picture, on the first visit and on the next`,
    patience: 180_000,
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const records = saved.map(({ record }) => record);
      for (const source of ['network', 'disk'] as const) {
        const page = await openFrame();
        await page.start({ frontendImageCacheLimit: 2 * count });
        const seen = await page.getAll(records);
        const wrong = seen.flatMap((image, index) => {
          if ('code' in image) return [image.code];
          return image.sha256 === saved[index]?.sha256 ? [] : ['another picture'];
        });
        equal(wrong, [], 'what did not show');
        // Not all of them: a browser that takes seconds for a transaction is left in peace.
        ok((await page.sources()).includes(source), `none came from ${source}`);
        await eventually(async () => (await countRows(page)) > count / 2, true, 'half of them are on disk', 60_000);
        await page.leave();
      }
    },
  },
];
