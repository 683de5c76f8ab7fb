import assert from 'node:assert/strict';
import type { RowStoreSuiteOptions } from '../row-store-suite.js';
import { giveKeys, sealedWith } from '../sealing.js';
import { bytesOf } from '../versions.js';
import { assertGone, assertKept, beginSession, blobsOf, collect, put, small, stateOf } from './row-versions.js';

/** What a store of rows has still after a restart: all. */
export function persistenceCheck(test: RowStoreSuiteOptions['test'], open: RowStoreSuiteOptions['open']): void {
  test('has everything again after it was closed and opened', async () => {
    const { rows, reopen, destroy } = await open();
    if (!rows.supports.persistence) {
      await rows.close();
      return destroy();
    }
    assert.ok(reopen, 'rows with supports.persistence need reopen');
    await giveKeys(rows, 'a', 1);
    await giveKeys(rows, 'erased', 1);
    const [ended, current] = [await beginSession(rows, 'ended', 10), await beginSession(rows, 'open', 11)];
    const inRow = sealedWith(small('a:row', 1000, ['thumb']), 1);
    const inBlob = small('blob', 1001, ['thumb']);
    const kept = [await put(rows, inRow), await put(rows, inBlob, current)] as const;
    const gone = await put(rows, small('gone', 7000), current);
    const erased = await put(rows, sealedWith(small('erased:one', 1000), 1));
    await rows.remove('gone');
    await rows.endSessions([ended], 20_000);
    await rows.eraseKeys('erased');
    await rows.noteMarked();
    await rows.doubt(1);
    const [identity, state] = [await rows.identity(), await stateOf(rows)];
    await rows.close();
    const again = await reopen();
    try {
      await assertKept(again, inRow, kept[0]);
      await assertKept(again, inBlob, kept[1]);
      await assertGone(again, erased);
      assert.deepEqual(await again.identity(), identity);
      assert.deepEqual(await stateOf(again), state);
      assert.deepEqual(await collect(again.givenUpBlobs()), blobsOf(gone));
      assert.equal(await again.lastRemovedToken(), 7000);
      assert.deepEqual(await collect(again.endedSessions()), [ended]);
      assert.deepEqual(await again.openSessions(99_000), [current]);
      assert.deepEqual(
        (await again.erasures()).map(({ folder }) => folder),
        ['erased'],
      );
      assert.deepEqual(Uint8Array.from((await again.keyRing())?.bytes ?? []), bytesOf('ring', 10));
      assert.equal((await again.folderKey('a'))?.generation, 1);
      assert.equal((await again.folderKey('erased'))?.wrapped, null);
    } finally {
      await again.close();
      await destroy();
    }
  });
}
