import assert from 'node:assert/strict';
import type { RowStore } from '../../stores/split/row-store.js';
import type { RowCheck } from '../row-store-suite.js';
import { giveKeys, sealedWith } from '../sealing.js';
import { put, rowsOf, small } from './row-versions.js';

/** What a store of rows promises of quotas, beside what stores do. Each check passes where it keeps none. */
export function quotaRowChecks(check: RowCheck): void {
  check(
    'counts nothing of a folder from the moment its keys are erased, while it is still to be removed',
    async (rows) => {
      if (!rows.supports.quotas) return;
      await giveKeys(rows, 'a', 1);
      for (const id of ['a:1', 'a:2', 'a:3']) await put(rows, sealedWith(small(id, 1000, ['thumb']), 1));
      assert.deepEqual(await usageOf(rows, 'a'), { images: 3, bytes: 3 * 600 });
      await rows.eraseKeys('a');
      assert.deepEqual(await usageOf(rows, 'a'), { images: 0, bytes: 0 });
      await giveKeys(rows, 'a', 2, 1);
      const next = { ...rowsOf(sealedWith(small('a:1', 5000), 2)), quota: { images: 1, bytes: 300 } };
      assert.equal((await rows.put(next, null)).kind, 'done');
      const other = { ...rowsOf(sealedWith(small('a:4', 5000), 2)), quota: { images: 1 } };
      assert.deepEqual(await rows.put(other, null), { kind: 'over-quota' });
      for (let after: string | null = ''; after !== null; ) after = (await rows.removeErased('a', after)).last;
      assert.deepEqual(await usageOf(rows, 'a'), { images: 1, bytes: 300 });
      await rows.remove('a:1');
      assert.deepEqual(await usageOf(rows, 'a'), { images: 0, bytes: 0 });
    },
  );

  check('is exact when several processes put at the same moment', async (rows, { another }) => {
    if (!rows.supports.quotas || !another) return;
    const other = await another();
    try {
      const puts = Array.from({ length: 30 }, (_, index) =>
        (index % 2 ? rows : other).put({ ...rowsOf(small(`a:${index}`, 1000 + index)), quota: { images: 5 } }, null),
      );
      const kinds = (await Promise.all(puts)).map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === 'done').length, 5);
      assert.equal(kinds.filter((kind) => kind === 'over-quota').length, 25);
      for (const each of [rows, other]) assert.deepEqual(await usageOf(each, 'a'), { images: 5, bytes: 1_500 });
    } finally {
      await other.close();
    }
  });
}

const usageOf = async (rows: RowStore, folder: string) => ({ ...(await rows.folderUsage?.(folder)) });
