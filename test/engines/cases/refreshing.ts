import type { ImageRecord } from 'pixstore/frontend';
import { equal, eventually, has } from '../page/expect.js';
import type { Case, CaseWorld } from './case.js';

const afterExpiry = 600_000;

export const refreshing: Case[] = [
  {
    title: 'proofs that expired do not show: the application is asked once for all of them',
    async run({ control, openFrame }) {
      const saved = await control.saveMany(40);
      const page = await openFrame();
      const asked: string[][] = [];
      await page.start({ refreshRecords: refresher({ control }, asked) });
      await control.letTimePass(afterExpiry);
      const seen = await page.getAll(saved.map(({ record }) => record));
      for (const [at, { sha256 }] of saved.entries()) has(seen[at] ?? {}, { sha256 });
      equal(
        asked.map((ids) => ids.sort()),
        [saved.map(({ record }) => record.id).sort()],
      );
      await eventually(async () => (await page.cachedIds()).length, saved.length);
    },
  },

  {
    title: 'cached pictures show although their proofs expired, and nobody is asked',
    async run({ control, openFrame }) {
      const { record, sha256 } = await control.save('brick.webp');
      const asked: string[][] = [];
      for (const _visit of [1, 2]) {
        const page = await openFrame();
        await page.start({ refreshRecords: refresher({ control }, asked) });
        has(await page.get(record), { sha256 });
        await eventually(() => page.cachedIds(), [record.id]);
        await page.leave();
        await control.letTimePass(afterExpiry);
      }
      equal(asked, []);
    },
  },

  {
    title: 'a picture that the application gives no record for any more is ACCESS_REFUSED, and the others show',
    async run({ control, openFrame }) {
      const { record: refused } = await control.save('brick.webp');
      const { record, sha256 } = await control.save('camera.webp');
      const page = await openFrame();
      await page.start({ refreshRecords: async () => control.records([record.id]) });
      await control.letTimePass(afterExpiry);
      const [one, other] = await page.getAll([refused, record]);
      has(one ?? {}, { code: 'ACCESS_REFUSED' });
      has(other ?? {}, { sha256 });
    },
  },

  {
    title: 'an application that fails leaves PROOF_INVALID',
    async run({ control, openFrame }) {
      const { record } = await control.save('brick.webp');
      const page = await openFrame();
      await page.start({ refreshRecords: async () => Promise.reject(new Error('logged out')) });
      await control.letTimePass(afterExpiry);
      has(await page.get(record), { code: 'PROOF_INVALID' });
    },
  },
];

/** What an application gives as `refreshRecords`; notes for which ids it was asked. */
function refresher({ control }: Pick<CaseWorld, 'control'>, asked: string[][]) {
  return async (ids: string[]): Promise<ImageRecord[]> => {
    asked.push([...ids]);
    return control.records([...ids]);
  };
}
