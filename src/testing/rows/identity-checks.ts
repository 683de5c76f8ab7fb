import assert from 'node:assert/strict';
import type { RowCheck } from '../row-store-suite.js';
import { beginSession, collect, put, rowsOf, sessionOf, small } from './row-versions.js';

/** What a store of rows promises to say of itself. */
export function identityChecks(check: RowCheck): void {
  check('says which store it is: at first the only one, without a mark', async (rows) => {
    const first = await rows.identity();
    assert.match(first.id, /^[0-9a-f]{32}$/);
    assert.equal(first.epoch, 1);
    assert.equal(first.isMarked, false);
    assert.equal(first.isAdopted, true);
    assert.ok(first.place === null || typeof first.place === 'string');
    await put(rows, small('one', 1000));
    assert.deepEqual(await rows.identity(), first);
  });

  check('notes that the blobs have its mark, and that it may be an old copy', async (rows) => {
    const first = await rows.identity();
    await rows.noteMarked();
    assert.deepEqual(await rows.identity(), { ...first, isMarked: true });
    await rows.doubt(1);
    assert.deepEqual(await rows.identity(), { ...first, isMarked: true, isAdopted: false });
    await put(rows, small('one', 1000), await beginSession(rows)); // it goes on to work
    await rows.noteMarked();
    assert.equal((await rows.identity()).isAdopted, false);
  });

  check('is the right one once it is adopted, and all sessions until then have ended', async (rows) => {
    const first = await rows.identity();
    const own = await beginSession(rows, 'own', 10);
    const ended = await beginSession(rows, 'ended', 11);
    await rows.endSessions([ended], 20_000);
    await put(rows, small('one', 1000), own);
    await rows.doubt(1);
    const foreign = [sessionOf('foreign', 12), sessionOf('another', 13)];
    await rows.adopt({ epoch: 5, sessions: [own, ...foreign], at: 30_000 });
    assert.deepEqual(await rows.identity(), { ...first, epoch: 5, isMarked: true, isAdopted: true });
    assert.deepEqual([...(await rows.openSessions(99_000))], []);
    assert.deepEqual((await collect(rows.endedSessions())).sort(), [own, ended, ...foreign].sort());
    for (const session of [own, ...foreign]) {
      assert.equal(await rows.hasSession(session), true);
      assert.equal((await rows.put(rowsOf(small('two', 2000), session), null)).kind, 'session-ended');
    }
    assert.equal(await rows.latestSession(), foreign[1]);
    assert.equal((await rows.record('one'))?.token, 1000);
    await put(rows, small('two', 2000), await beginSession(rows, 'later', 40));
    await rows.doubt(1); // by who has not seen yet that it was adopted
    assert.equal((await rows.identity()).isAdopted, true, 'what was adopted since is doubted');
    await rows.doubt(5);
    assert.equal((await rows.identity()).isAdopted, false);
  });
}
