import { equal, eventually } from '../page/expect.js';
import type { Case } from './case.js';
import { countRows } from './rows.js';

const count = 5000;

export const many: Case[] = [
  {
    title: `a page of ${count} records shows every picture, and the next visit takes them from disk`,
    patience: 180_000,
    async run({ control, openFrame }) {
      const saved = await control.saveMany(count);
      const records = await control.records(saved.map(({ record }) => record.id));
      for (const source of ['network', 'disk']) {
        const page = await openFrame();
        await page.start({ frontendImageCacheLimit: 2 * count });
        const seen = await page.getAll(records);
        const wrong = seen.flatMap((image, index) => {
          if ('code' in image) return [image.code];
          return image.sha256 === saved[index]?.sha256 ? [] : ['another picture'];
        });
        equal(wrong, [], 'what did not show');
        equal([...new Set(await page.sources())], [source]);
        await eventually(() => countRows(page), count, 'rows on disk');
        await page.leave();
      }
    },
  },
];
