import assert from 'node:assert/strict';
import type { RowStore } from '../../stores/split/row-store.js';
import type { RowCheck } from '../row-store-suite.js';
import { giveKeys, sealedWith } from '../sealing.js';
import {
  assertGone,
  assertKept,
  beginSession,
  blobsOf,
  collect,
  nextTurn,
  put,
  rowsOf,
  small,
} from './row-versions.js';

/** What a store of rows promises of folders that are erased, step by step. */
export function erasingChecks(check: RowCheck): void {
  check('gives no image of a folder any more once its keys are erased, with a key or without', async (rows) => {
    await giveKeys(rows, 'a', 2);
    const session = await beginSession(rows);
    const doomed = [
      await put(rows, sealedWith(small('a:one', 1000, ['thumb']), 2), session),
      await put(rows, small('a:two', 1001, ['thumb'])),
    ];
    const others = ['one', 'ab:one', 'b:a', 'a-b:one', '0a:one'].map((id) => small(id, 2000));
    for (const other of others) await put(rows, other);
    assert.equal(await rows.eraseKeys('a'), true);
    await nextTurn();
    for (const version of doomed) await assertGone(rows, version);
    for (const { id } of doomed) assert.equal(await rows.remove(id), null);
    for (const other of others) await assertKept(rows, other, rowsOf(other));
    assert.equal((await rows.folderKey('a'))?.wrapped, null);
    assert.equal((await rows.folderKey('a'))?.generation, 2);
    assert.deepEqual((await collect(rows.folderKeys())).flat(), []);
    assert.deepEqual(await erasuresOf(rows), [['a', 2]]);
    for (const version of [sealedWith(small('a:new', 3000), 2), small('a:new', 3000)]) {
      assert.deepEqual(
        await rows.put(rowsOf(version), null),
        { kind: 'refused' },
        'an image of an erased folder was taken',
      );
    }
  });

  check('changes nothing for a folder that was never used', async (rows) => {
    await put(rows, small('a:one', 1000));
    assert.equal(await rows.eraseKeys('never-used'), false);
    assert.equal(await rows.folderKey('never-used'), null);
    assert.deepEqual(await erasuresOf(rows), []);
    assert.deepEqual(await rows.removeErased('never-used', ''), { images: 0, givenUp: [], last: null });
    await put(rows, small('never-used:one', 2000));
    assert.deepEqual(await rows.removeErased('never-used', ''), { images: 0, givenUp: [], last: null });
    assert.notEqual(await rows.record('never-used:one'), null);
  });

  check('removes what is left of a folder, some at a time, and gives up its blobs', async (rows) => {
    const images = 600;
    await giveKeys(rows, 'a', 1);
    const session = await beginSession(rows);
    const doomed = Array.from({ length: images }, (_, index) =>
      rowsOf(sealedWith(small(`a:${index}`, 1000 + index, ['thumb']), 1), index % 2 ? session : null),
    );
    await Promise.all(doomed.map((version) => rows.put(version, null)));
    const kept = small('b:kept', 1000);
    await put(rows, kept);
    await rows.eraseKeys('a');
    // Cut short, and begun anew.
    const first = await rows.removeErased('a', '');
    let { images: removed } = first;
    const givenUp = [...first.givenUp];
    for (let after: string | null = ''; after !== null; ) {
      const step = await rows.removeErased('a', after);
      removed += step.images;
      givenUp.push(...step.givenUp);
      after = step.last;
    }
    assert.equal(removed, images);
    assert.deepEqual(givenUp.sort(), blobsOf(...doomed));
    assert.deepEqual((await collect(rows.givenUpBlobs())).sort(), blobsOf(...doomed));
    for (const blob of blobsOf(...doomed)) assert.equal(await rows.isBlobInUse(blob), false);
    assert.deepEqual(await rows.usage(), { images: 1, bytes: 300 });
    assert.ok((await rows.lastRemovedToken()) >= 999 + images);
    await assertKept(rows, kept, rowsOf(kept));
    assert.deepEqual(await erasuresOf(rows), [['a', 1]], 'nobody has said that it is done');
    await rows.endErasure({ folder: 'a', generation: 1 });
    assert.deepEqual(await erasuresOf(rows), []);
  });

  check('leaves alone what is saved under a new key while a folder is erased', async (rows) => {
    await giveKeys(rows, 'a', 1);
    const doomed = await put(rows, sealedWith(small('a:doomed', 1000), 1));
    await put(rows, sealedWith(small('a:again', 1001), 1));
    await rows.eraseKeys('a');
    await giveKeys(rows, 'a', 2, 1);
    const version = sealedWith(small('a:kept', 2000), 2);
    const row = await put(rows, version);
    const again = sealedWith(small('a:again', 2001), 2);
    await put(rows, again);
    for (let after: string | null = ''; after !== null; ) after = (await rows.removeErased('a', after)).last;
    await assertGone(rows, doomed);
    await assertKept(rows, version, row);
    await assertKept(rows, again, rowsOf(again));
    assert.deepEqual(await rows.usage(), { images: 2, bytes: 600 });
  });

  check('goes on with a folder that was erased again, when the first time is said to be done', async (rows) => {
    await giveKeys(rows, 'a', 1);
    await put(rows, sealedWith(small('a:one', 1000), 1));
    await rows.eraseKeys('a');
    await giveKeys(rows, 'a', 2, 1);
    assert.equal(await rows.eraseKeys('a'), true);
    assert.deepEqual(await erasuresOf(rows), [['a', 2]]);
    await rows.endErasure({ folder: 'a', generation: 1 });
    await rows.endErasure({ folder: 'b', generation: 2 });
    assert.deepEqual(await erasuresOf(rows), [['a', 2]]);
    await rows.endErasure({ folder: 'a', generation: 2 });
    assert.deepEqual(await erasuresOf(rows), []);
  });
}

async function erasuresOf(rows: RowStore): Promise<[string, number][]> {
  return (await rows.erasures()).map(({ folder, generation }) => [folder, generation]);
}
