import assert from 'node:assert/strict';
import type { RowStore, RowVersion } from '../../stores/split/row-store.js';
import type { RowCheck } from '../row-store-suite.js';
import { assertKept, beginSession, blobsOf, collect, put, rowsOf, sessionOf, small, stateOf } from './row-versions.js';

/** What a store of rows promises of sessions: nothing that was written in one is committed once it has ended. */
export function sessionChecks(check: RowCheck): void {
  check('knows a session from its beginning until it is forgotten', async (rows) => {
    const id = sessionOf('one');
    assert.equal(await rows.hasSession(id), false);
    assert.equal(await rows.latestSession(), null);
    await rows.beginSession({ id, begun: 5_000 });
    assert.equal(await rows.hasSession(id), true);
    assert.deepEqual(await rows.openSessions(4_999), []);
    assert.deepEqual(await rows.openSessions(5_000), [id]);
    assert.deepEqual(await collect(rows.endedSessions()), []);
    await rows.endSessions([id, sessionOf('never begun')], 6_000);
    assert.equal(await rows.hasSession(id), true);
    assert.equal(await rows.hasSession(sessionOf('never begun')), false);
    assert.deepEqual(await rows.openSessions(9_000), []);
    assert.deepEqual(await collect(rows.endedSessions()), [id]);
    await rows.endSessions([id], 7_000);
    await rows.endSessions([], 7_000);
    assert.deepEqual(await collect(rows.endedSessions()), [id]);
    await rows.forgetSession(id);
    assert.equal(await rows.hasSession(id), false);
    assert.deepEqual(await collect(rows.endedSessions()), []);
    assert.equal(await rows.latestSession(), null);
    await rows.forgetSession(id);
  });

  check('tells which session is the latest, ended or not', async (rows) => {
    const [first, second, third] = [30, 10, 20].map((begun) => sessionOf(String(begun), begun)) as [
      string,
      string,
      string,
    ];
    for (const id of [second, first, third]) await rows.beginSession({ id, begun: 1 });
    assert.equal(await rows.latestSession(), first);
    await rows.endSessions([first], 2);
    assert.equal(await rows.latestSession(), first);
    await rows.forgetSession(first);
    assert.equal(await rows.latestSession(), third);
    assert.deepEqual([...(await rows.openSessions(1))].sort(), [second, third].sort());
  });

  check('keeps nothing that was written in a session that has ended, or that it does not know', async (rows) => {
    const [open, ended, forgotten] = await Promise.all(
      ['open', 'ended', 'forgotten'].map((seed) => beginSession(rows, seed)),
    );
    await put(rows, small('one', 1000), open);
    await rows.endSessions([ended, forgotten].map(String), 9_000);
    await rows.forgetSession(String(forgotten));
    const before = await stateOf(rows);
    for (const session of [ended, forgotten, sessionOf('never begun')].map(String)) {
      const outcomes = [
        await rows.put(rowsOf(small('new', 2000), session), null),
        await rows.put(rowsOf(small('one', 2000), session), 1000),
        await rows.put(rowsOf(small('one', 2000), session), 'older'),
        await rows.addParts({
          ...rowsOf(small('one', 1000), session),
          parts: rowsOf(small('one', 1000, ['thumb']), session).parts.slice(1),
        }),
      ];
      for (const outcome of outcomes) assert.deepEqual(outcome, { kind: 'session-ended' });
    }
    assert.deepEqual(await stateOf(rows), before);
    assert.equal(await rows.record('new'), null);
  });

  check('keeps what was committed before its session ended', async (rows) => {
    const session = await beginSession(rows);
    const version = small('one', 1000, ['thumb']);
    const row = await put(rows, version, session);
    await rows.endSessions([session], 9_000);
    await rows.forgetSession(session);
    await assertKept(rows, version, row);
    await put(rows, small('two', 1000)); // it has no blob, and so no session
  });

  check('lets a session end before a commit or after it, when both come at once', async (rows) => {
    const session = await beginSession(rows);
    const versions = Array.from({ length: 40 }, (_, index) => rowsOf(small(`id${index}`, 1000), session));
    const saving = versions.slice(0, 20).map((version) => rows.put(version, null));
    const ending = rows.endSessions([session], 9_000);
    saving.push(...versions.slice(20).map((version) => rows.put(version, null)));
    await ending;
    const named = await namedOf(rows, versions);
    const late = await rows.put(rowsOf(small('late', 1000), session), null);
    assert.equal(late.kind, 'session-ended');
    const kinds = (await Promise.all(saving)).map(({ kind }) => kind);
    assert.deepEqual(await namedOf(rows, versions), named, 'it was committed after the session had ended');
    for (const [index, version] of versions.entries()) {
      const isNamed = blobsOf(version).every((blob) => named.includes(blob));
      assert.equal(kinds[index], isNamed ? 'done' : 'session-ended');
    }
  });
}

/** Those of the blobs of these versions that a row names. */
async function namedOf(rows: RowStore, versions: readonly RowVersion[]): Promise<string[]> {
  const named: string[] = [];
  for (const blob of blobsOf(...versions)) if (await rows.isBlobInUse(blob)) named.push(blob);
  return named;
}
