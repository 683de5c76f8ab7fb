import assert from 'node:assert/strict';
import type { ExpectedToken } from '../../stores/port.js';
import type { RowStore, RowVersion } from '../../stores/split/row-store.js';
import type { RowCheck } from '../row-store-suite.js';
import { bytesOf } from '../versions.js';
import {
  assertDone,
  assertGone,
  assertKept,
  beginSession,
  blobsOf,
  collect,
  nextTurn,
  put,
  rowsOf,
  small,
  stateOf,
} from './row-versions.js';

/** What a store of rows promises of versions that take the place of others, are added to, sealed anew and removed. */
export function replacingChecks(check: RowCheck): void {
  check('keeps a version when the one that is expected is stored', async (rows) => {
    let before: number | null = null;
    for (const [token, expected] of [
      [1000, null],
      [1001, 1000],
      [1005, 'older'],
      [1002, 1005],
    ] as [number, ExpectedToken][]) {
      const version = small('one', token, token % 2 ? ['thumb'] : ['wide']);
      await assertKept(rows, version, await put(rows, version, null, expected));
      before = token;
    }
    assert.equal((await rows.record('one'))?.token, before);
    assert.deepEqual(await rows.usage(), { images: 1, bytes: 600 });
  });

  check('refuses a version when another one is stored, or none, and changes nothing', async (rows) => {
    const session = await beginSession(rows);
    await put(rows, small('one', 1000, ['thumb']), session);
    const before = await stateOf(rows);
    const cases: [string, number, ExpectedToken][] = [
      ['one', 2000, null],
      ['one', 2000, 999],
      ['one', 2000, 1001],
      ['one', 1000, 'older'],
      ['one', 999, 'older'],
      ['none', 2000, 1000],
      ['none', 2000, 'older'],
    ];
    for (const [id, token, expected] of cases) {
      for (const of of [null, session]) {
        const outcome = await rows.put(rowsOf(small(id, token, ['wide']), of), expected);
        assert.deepEqual(outcome, { kind: 'refused' }, `${id} ${token} in place of ${expected}`);
      }
    }
    assert.deepEqual(await stateOf(rows), before);
  });

  check('gives up the blobs of the version before, in the same commit', async (rows) => {
    const session = await beginSession(rows);
    const first = await put(rows, small('one', 1000, ['thumb', 'wide']), session);
    const second = rowsOf(small('one', 1001, ['thumb']), session);
    const outcome = assertDone(await rows.put(second, 1000));
    assert.deepEqual([...outcome.givenUp].sort(), blobsOf(first));
    await assertGivenUp(rows, first);
    for (const blob of blobsOf(second)) assert.equal(await rows.isBlobInUse(blob), true);
    const third = assertDone(await rows.put(rowsOf(small('one', 1002)), 'older'));
    assert.deepEqual([...third.givenUp].sort(), blobsOf(second));
    await assertGivenUp(rows, first, second);
    assert.deepEqual(assertDone(await rows.put(rowsOf(small('one', 1003)), 1002)).givenUp, []);
    assert.deepEqual(assertDone(await rows.put(rowsOf(small('two', 1003)), null)).givenUp, []);
  });

  check('adds the parts that a version does not have, and keeps those that it has', async (rows) => {
    const session = await beginSession(rows);
    const version = small('one', 1000, ['thumb', 'wide', 'card']);
    const [first, more] = [rowsOf(version), rowsOf(version, session)];
    await rows.put({ ...first, parts: first.parts.slice(0, 2) }, null);
    const added = assertDone(await rows.addParts({ ...more, parts: more.parts.slice(1) }));
    assert.deepEqual([...(added.added ?? [])].sort(), ['card', 'wide']);
    assert.deepEqual(added.givenUp, []);
    const parts = [...first.parts.slice(0, 2), ...more.parts.slice(2)];
    await assertKept(rows, version, { ...first, parts });
    const [, thumb, wide] = more.parts;
    assert.equal(await rows.isBlobInUse(String(thumb?.blob)), false, 'a part that was there was replaced');
    assert.equal(await rows.isBlobInUse(String(wide?.blob)), true);
    assert.deepEqual(assertDone(await rows.addParts({ ...more, parts: more.parts.slice(1) })).added, []);
    assert.deepEqual(await collect(rows.givenUpBlobs()), []);
  });

  check('adds no parts to another version than the one they are of', async (rows) => {
    const { parts } = rowsOf(small('one', 1000, ['thumb']));
    const add = (token: number, id = 'one') => rows.addParts({ id, token, parts: parts.slice(1), session: null });
    assert.deepEqual(await add(1000), { kind: 'refused' });
    await put(rows, small('one', 1000));
    const before = await stateOf(rows);
    for (const token of [999, 1001]) assert.deepEqual(await add(token), { kind: 'refused' });
    assert.deepEqual(await add(1000, 'other'), { kind: 'refused' });
    assert.deepEqual(await stateOf(rows), before);
    await rows.remove('one');
    assert.deepEqual(await add(1000), { kind: 'refused' });
  });

  check('removes an image once, with all its parts, and gives up their blobs', async (rows) => {
    const session = await beginSession(rows);
    const doomed = await put(rows, small('one', 1000, ['thumb']), session);
    const kept = small('one1', 1000, ['thumb']);
    const keptRow = await put(rows, kept, session);
    assert.deepEqual([...((await rows.remove('one')) ?? [])].sort(), blobsOf(doomed));
    await assertGone(rows, doomed);
    await assertGivenUp(rows, doomed);
    await assertKept(rows, kept, keptRow);
    assert.equal(await rows.remove('one'), null);
    assert.deepEqual(await rows.usage(), { images: 1, bytes: 600 });
    await put(rows, small('two', 1001));
    assert.deepEqual(await rows.remove('two'), []);
  });

  check('never lets a removed image be born again with a token it had', async (rows) => {
    await put(rows, small('one', 5000));
    await rows.remove('one');
    assert.equal(await rows.lastRemovedToken(), 5000);
    for (const [id, token] of [
      ['one', 5000],
      ['one', 4999],
      ['new', 5000],
    ] as const) {
      assert.deepEqual(await rows.put(rowsOf(small(id, token)), null), { kind: 'refused' });
    }
    await put(rows, small('one', 5001));
    await put(rows, small('two', 6000));
    await rows.remove('one');
    assert.equal(await rows.lastRemovedToken(), 5001);
    await put(rows, small('two', 6001), null, 6000);
    await rows.remove('two');
    assert.equal(await rows.lastRemovedToken(), 6001);
  });

  check('seals parts anew one by one, and only in the version they were sealed for', async (rows) => {
    const session = await beginSession(rows);
    const version = small('one', 1000, ['thumb']);
    const row = await put(rows, version, session);
    const sealedKey = bytesOf('another key', 69);
    assert.equal(await rows.reseal([{ id: 'one', token: 999, sealedKey }]), 0);
    const changes = [
      { id: 'one', token: 1000, sealedKey },
      { id: 'one', variant: 'wide', token: 1000, sealedKey },
      { id: 'none', token: 1000, sealedKey },
    ];
    assert.equal(await rows.reseal(changes), 1);
    const parts = version.parts.map((part) => (part.variant ? part : { ...part, sealedKey }));
    await assertKept(rows, { ...version, parts }, row);
  });

  check('lets one of many writers win who expect the same version', async (rows) => {
    const session = await beginSession(rows);
    await put(rows, small('one', 1000));
    for (const [expected, base] of [
      [1000, 2000],
      [null, 3000],
    ] as const) {
      const id = expected === null ? 'two' : 'one';
      const rivals = Array.from({ length: 20 }, (_, index) => rowsOf(small(id, base + index), session));
      const outcomes = await Promise.all(rivals.map((rival) => rows.put(rival, expected)));
      assert.equal(outcomes.filter(({ kind }) => kind === 'done').length, 1);
      assert.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 19);
      const winner = rivals[outcomes.findIndex(({ kind }) => kind === 'done')] as RowVersion;
      assert.equal((await rows.record(id))?.token, winner.token);
      for (const rival of rivals) {
        for (const blob of blobsOf(rival)) assert.equal(await rows.isBlobInUse(blob), rival === winner);
      }
    }
  });

  check('shows readers one version or the next, never a mix', async (rows) => {
    const session = await beginSession(rows);
    await put(rows, small('one', 1000, ['thumb']));
    let isDone = false;
    const isInBlob = (token: number) => token % 2 === 1;
    const update = async () => {
      for (let token = 1001; token <= 1100; token += 1) {
        await put(rows, small('one', token, ['thumb']), isInBlob(token) ? session : null, token - 1);
        await nextTurn();
      }
      isDone = true;
    };
    const read = async () => {
      for (let newest = 0; !isDone; await nextTurn()) {
        const [original, thumb] = await rows.version('one');
        assert.ok(original && thumb, 'the image vanished during an update');
        assert.equal(original.token, thumb.token, 'parts of two versions were given as one');
        assert.ok(original.token >= newest, 'a reader saw an older version after a newer one');
        newest = original.token;
        const found = await rows.find('one', 'thumb');
        const token = found?.record.token ?? 0;
        const expected = small('one', token, ['thumb']).parts[1];
        assert.deepEqual(Uint8Array.from(found?.record.sealedKey ?? []), expected?.sealedKey);
        assert.equal(
          found?.ciphertext === null,
          isInBlob(token),
          'the record of one version, and where another one is',
        );
      }
    };
    await Promise.all([update(), read(), read()]);
    assert.equal((await rows.record('one'))?.token, 1100);
  });
}

/** No row names them, and they are noted as given up. */
async function assertGivenUp(rows: RowStore, ...versions: RowVersion[]): Promise<void> {
  const blobs = blobsOf(...versions);
  for (const blob of blobs) assert.equal(await rows.isBlobInUse(blob), false);
  assert.deepEqual((await collect(rows.givenUpBlobs())).sort(), blobs);
}
