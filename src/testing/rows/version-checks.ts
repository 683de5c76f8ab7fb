import assert from 'node:assert/strict';
import type { RowCheck } from '../row-store-suite.js';
import { bytesOf, versionOf } from '../versions.js';
import { assertGone, assertKept, beginSession, blobNameOf, collect, put, rowsOf, small } from './row-versions.js';

/** What a store of rows promises of images that are there, or not. */
export function versionChecks(check: RowCheck): void {
  for (const size of [0, 300, 64 * 1024]) {
    check(`gives back a version of ${size} bytes as its rows were put`, async (rows) => {
      const version = versionOf('a:one', 1000, size, ['thumb', 'wide']);
      await assertKept(rows, version, await put(rows, version));
    });
  }

  check('gives back where the ciphertext is, of parts that are in blobs', async (rows) => {
    const session = await beginSession(rows);
    const version = versionOf('a:one', 1000, 300_000, ['thumb']);
    await assertKept(rows, version, await put(rows, version, session));
  });

  check('keeps parts of one version in rows and in blobs', async (rows) => {
    const session = await beginSession(rows);
    const version = small('one', 1000, ['thumb', 'wide']);
    const [original, thumb, wide] = rowsOf(version).parts;
    assert.ok(original && thumb && wide);
    const inBlob = { ...thumb, ciphertext: null, blob: blobNameOf(session, 'thumb') };
    const row = { ...rowsOf(version), session, parts: [original, inBlob, wide] };
    assert.equal((await rows.put(row, null)).kind, 'done');
    await assertKept(rows, version, row);
  });

  check('knows nothing of what was never put', async (rows) => {
    await assertGone(rows, rowsOf(small('none', 1, ['thumb'])));
    assert.equal(await rows.remove('none'), null);
    assert.equal(await rows.reseal([{ id: 'none', token: 1, sealedKey: bytesOf('key', 69) }]), 0);
    assert.equal(await rows.lastRemovedToken(), 0);
    assert.equal(await rows.keyRing(), null);
    assert.equal(await rows.folderKey('none'), null);
    assert.deepEqual(await rows.usage(), { images: 0, bytes: 0 });
    assert.deepEqual(await rows.sampleOfBlobs(8), []);
    for (const walk of [rows.list(), rows.partsInBlobs(), rows.givenUpBlobs(), rows.endedSessions()]) {
      assert.deepEqual(await collect<unknown>(walk), []);
    }
  });

  check('keeps its own copy of what it is given', async (rows) => {
    const version = small('one', 1000);
    const given = rowsOf(small('one', 1000));
    await rows.put(given, null);
    for (const { sealedKey, iv, tag, ciphertext } of given.parts) {
      for (const bytes of [sealedKey, iv, tag, ciphertext]) bytes?.fill(0);
    }
    await assertKept(rows, version, rowsOf(version));
    const sealedKey = bytesOf('anew', 69);
    await rows.reseal([{ id: 'one', token: 1000, sealedKey }]);
    sealedKey.fill(0);
    assert.deepEqual(Uint8Array.from((await rows.record('one'))?.sealedKey ?? []), bytesOf('anew', 69));
  });

  check('gives many records in the order asked for, and null for what is not there', async (rows) => {
    for (const [index, id] of ['b', 'a', 'c'].entries()) await put(rows, small(id, 1000 + index, ['thumb']));
    const names = [
      { id: 'a' },
      { id: 'none' },
      { id: 'c', variant: 'thumb' },
      { id: 'c', variant: 'wide' },
      { id: 'b' },
    ];
    const found = await rows.records(names);
    assert.deepEqual(
      found.map((record) => record && [record.id, record.variant]),
      [['a', undefined], null, ['c', 'thumb'], null, ['b', undefined]],
    );
    assert.deepEqual(await rows.records([]), []);
  });

  check('tells ids apart that differ only in case or in a prefix', async (rows) => {
    const versions = ['a:one', 'a:One', 'a:one1', 'one', 'a:on', 'a-b:one'].map((id, index) => small(id, 1000 + index));
    for (const version of versions) await put(rows, version);
    for (const version of versions) await assertKept(rows, version, rowsOf(version));
    await rows.remove('a:on');
    for (const version of versions.filter(({ id }) => id !== 'a:on')) await assertKept(rows, version, rowsOf(version));
  });

  check('counts images and the bytes of all their parts, wherever they are', async (rows) => {
    const session = await beginSession(rows);
    await put(rows, versionOf('one', 1000, 100, ['thumb']));
    await put(rows, versionOf('two', 1000, 1_000_000, ['thumb']), session);
    assert.deepEqual(await rows.usage(), { images: 2, bytes: 2_000_200 });
    await put(rows, versionOf('two', 1001, 10), null, 1000);
    assert.deepEqual(await rows.usage(), { images: 2, bytes: 210 });
    await rows.addParts({
      ...rowsOf(versionOf('two', 1001, 7, ['wide'])),
      parts: rowsOf(versionOf('two', 1001, 7, ['wide'])).parts.slice(1),
    });
    assert.deepEqual(await rows.usage(), { images: 2, bytes: 217 });
    await rows.remove('one');
    assert.deepEqual(await rows.usage(), { images: 1, bytes: 17 });
  });

  check('answers without a promise where it says so', async (rows) => {
    await put(rows, small('one', 1000));
    if (!rows.supports.syncRecords) return;
    const answers = [
      rows.record('one'),
      rows.records([{ id: 'one' }]),
      rows.version('one'),
      rows.find('one'),
      rows.keyRing(),
      rows.folderKey('one'),
      rows.lastRemovedToken(),
    ];
    for (const answer of answers) assert.ok(!(answer instanceof Promise), 'it answered with a promise');
  });
}
