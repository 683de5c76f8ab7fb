import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { put, rowsOf, small } from '../../../../src/testing/rows/row-versions.js';
import { giveKeys, sealedWith } from '../../../../src/testing/sealing.js';
import { temporaryFolder } from '../../../support/folders.js';
import { openSqliteRows } from '../../../support/split/sqlite-rows.js';

// In the order of ids, which goes by bytes, "a:x-0" lies between "a:x" and "a:x.thumb".
test('an image is saved again with its variants while its folder is erased, wherever a step of that ends', async () => {
  const rows = openSqliteRows(join(await temporaryFolder(), 'images.sqlite'));
  onTestFinished(() => rows.close());
  await giveKeys(rows, 'a', 1);
  await put(rows, sealedWith(small('a:x', 1000, ['thumb']), 1));
  const others = Array.from({ length: 300 }, (_, index) => rowsOf(sealedWith(small(`a:x-${index}`, 1001 + index), 1)));
  await Promise.all(others.map((version) => rows.put(version, null)));
  await rows.eraseKeys('a');
  const { images, last } = await rows.removeErased('a', '');
  expect(images).toBeLessThan(301);
  await giveKeys(rows, 'a', 2, 1);
  const again = sealedWith(small('a:x', 5000, ['thumb']), 2);
  expect(await rows.put(rowsOf(again), null)).toMatchObject({ kind: 'done' });
  for (let after: string | null = last; after !== null; ) after = (await rows.removeErased('a', after)).last;
  expect((await rows.version('a:x')).map(({ variant, token }) => [variant, token])).toEqual([
    [undefined, 5000],
    ['thumb', 5000],
  ]);
  expect(await rows.usage()).toEqual({ images: 1, bytes: 600 });
});
