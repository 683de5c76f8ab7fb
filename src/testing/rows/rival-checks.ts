import assert from 'node:assert/strict';
import type { RowStore } from '../../stores/split/row-store.js';
import type { OpenedRows, RowCheck } from '../row-store-suite.js';
import { giveKeys, sealedWith } from '../sealing.js';
import { bytesOf } from '../versions.js';
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

/** What a store of rows promises to processes that share it. Each check passes where there can be no others. */
export function rivalChecks(check: RowCheck): void {
  const checkTwo = (name: string, run: (rows: RowStore, other: RowStore) => Promise<void>) =>
    check(name, (rows, opened) => withAnother(opened, (other) => run(rows, other)));

  checkTwo('shows others at once what was put, replaced, added, sealed anew and removed', async (rows, other) => {
    const session = await beginSession(rows);
    const version = small('one', 1000, ['thumb']);
    assert.equal(await other.record('one'), null);
    await assertKept(other, version, await put(rows, version, session));
    assert.equal(await other.hasSession(session), true);
    assert.deepEqual(await other.usage(), await rows.usage());
    const next = small('one', 1001);
    await assertKept(other, next, await put(rows, next, null, 1000));
    assert.equal((await collect(other.givenUpBlobs())).length, 2);
    await rows.reseal([{ id: 'one', token: 1001, sealedKey: bytesOf('anew', 69) }]);
    assert.deepEqual(Uint8Array.from((await other.record('one'))?.sealedKey ?? []), bytesOf('anew', 69));
    await other.remove('one');
    await assertGone(rows, rowsOf(next));
    assert.equal(await rows.lastRemovedToken(), 1001);
    assert.deepEqual(await rows.put(rowsOf(small('two', 1001)), null), { kind: 'refused' });
  });

  checkTwo('lets one of two processes win who replace the same version', async (rows, other) => {
    const session = await beginSession(rows);
    await put(rows, small('one', 1000));
    let stored = 1000;
    for (let round = 1; round <= 20; round += 1) {
      const rivals = [rows, other].map((each, index) => ({
        each,
        row: rowsOf(small('one', 1000 + 2 * round + index), session),
      }));
      const outcomes = await Promise.all(rivals.map(({ each, row }) => each.put(row, stored)));
      assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ['done', 'refused']);
      stored = rivals[outcomes.findIndex(({ kind }) => kind === 'done')]?.row.token ?? 0;
      for (const each of [rows, other]) assert.equal((await each.record('one'))?.token, stored);
      for (const { row } of rivals)
        assert.equal(await other.isBlobInUse(String(blobsOf(row)[0])), row.token === stored);
    }
  });

  checkTwo('keeps nothing of a session that another process has ended', async (rows, other) => {
    const session = await beginSession(rows);
    await put(rows, small('one', 1000), session);
    await other.endSessions([session], 9_000);
    assert.deepEqual(await rows.put(rowsOf(small('two', 1000), session), null), { kind: 'session-ended' });
    await other.forgetSession(session);
    assert.equal(await rows.hasSession(session), false);
    assert.deepEqual(await rows.put(rowsOf(small('two', 1000), session), null), { kind: 'session-ended' });
  });

  checkTwo('gives a folder each key once, whoever makes it', async (rows, other) => {
    const ring = (each: RowStore, index: number) => each.putKeyRing(bytesOf(`ring ${index}`, 100), 0);
    const kept = await Promise.all([rows, other].map(ring));
    assert.equal(kept.filter(Boolean).length, 1);
    await nextTurn();
    for (const each of [rows, other]) {
      const { version, bytes } = (await each.keyRing()) ?? {};
      assert.equal(version, 1);
      assert.deepEqual(Uint8Array.from(bytes ?? []), bytesOf(`ring ${kept.indexOf(true)}`, 100));
    }
    const add = (each: RowStore) => each.addFolderKey({ folder: 'a', generation: 1, wrapped: bytesOf('a 1', 69) }, 1);
    assert.equal((await Promise.all([add(rows), add(other)])).filter(Boolean).length, 1);
    await other.putKeyRing(bytesOf('ring', 100), 1);
    const late = { folder: 'a', generation: 2, wrapped: bytesOf('a 2', 69) };
    assert.equal(await rows.addFolderKey(late, 1), false, 'a key under a ring that is not there any more');
  });

  checkTwo('has no image any more whose folder another process has erased', async (rows, other) => {
    await giveKeys(rows, 'a', 1);
    const version = sealedWith(small('a:one', 1000, ['thumb']), 1);
    const row = await put(rows, version);
    for (const each of [rows, other]) await assertKept(each, version, row);
    await other.eraseKeys('a');
    await nextTurn();
    await assertGone(rows, row);
    assert.equal((await rows.folderKey('a'))?.wrapped, null);
    assert.deepEqual(await rows.put(rowsOf(sealedWith(small('a:two', 2000), 1)), null), { kind: 'refused' });
  });

  checkTwo('says of itself the same in all processes', async (rows, other) => {
    assert.deepEqual(await other.identity(), await rows.identity());
    await rows.noteMarked();
    await other.doubt(1);
    assert.deepEqual(await other.identity(), await rows.identity());
    assert.equal((await rows.identity()).isAdopted, false);
    const session = await beginSession(rows);
    await other.adopt({ epoch: 2, sessions: [], at: 9_000 });
    assert.equal((await rows.identity()).epoch, 2);
    assert.deepEqual(await rows.put(rowsOf(small('one', 1000), session), null), { kind: 'session-ended' });
  });
}

async function withAnother({ another }: OpenedRows, run: (other: RowStore) => Promise<void>): Promise<void> {
  const other = await another?.();
  if (!other) return;
  try {
    await run(other);
  } finally {
    await other.close();
  }
}
