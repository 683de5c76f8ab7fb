import assert from 'node:assert/strict';
import type { RowCheck } from '../row-store-suite.js';
import { beginSession, blobNameOf, blobsOf, collect, put, rowsOf, small } from './row-versions.js';

/** What a store of rows promises of the blobs that rows name, and that they have given up. */
export function blobRowChecks(check: RowCheck): void {
  check('tells blobs that a row names, those that were given up, and those that nobody knows', async (rows) => {
    const session = await beginSession(rows);
    const kept = await put(rows, small('kept', 1000, ['thumb']), session);
    const removed = await put(rows, small('removed', 1000, ['thumb']), session);
    await rows.remove('removed');
    const unknown = [1, 2, 3].map((index) => blobNameOf(session, `unknown ${index}`));
    for (const blob of blobsOf(kept)) assert.equal(await rows.isBlobInUse(blob), true);
    for (const blob of [...blobsOf(removed), ...unknown]) assert.equal(await rows.isBlobInUse(blob), false);
    const all = [...unknown, ...blobsOf(kept), ...blobsOf(removed)];
    assert.deepEqual([...(await rows.unnamedBlobs(all))].sort(), unknown.sort());
    assert.deepEqual(await rows.unnamedBlobs([]), []);
    const many = Array.from({ length: 3_000 }, (_, index) => blobNameOf(session, `many ${index}`));
    assert.deepEqual([...(await rows.unnamedBlobs([...many, ...blobsOf(kept)]))].sort(), many.sort());
  });

  check('names no blob of a version that it refused', async (rows) => {
    const session = await beginSession(rows);
    await put(rows, small('one', 1000));
    const refused = rowsOf(small('one', 2000, ['thumb']), session);
    assert.equal((await rows.put(refused, null)).kind, 'refused');
    for (const blob of blobsOf(refused)) assert.equal(await rows.isBlobInUse(blob), false);
    assert.deepEqual([...(await rows.unnamedBlobs(blobsOf(refused)))].sort(), blobsOf(refused));
    assert.deepEqual(await collect(rows.partsInBlobs()), []);
  });

  check('remembers blobs that were given up until it is told that they are gone', async (rows) => {
    const session = await beginSession(rows);
    const versions = ['one', 'two', 'three'].map((id) => rowsOf(small(id, 1000), session));
    for (const version of versions) await rows.put(version, null);
    for (const { id } of versions) await rows.remove(id);
    const [gone, ...kept] = versions.map((version) => blobsOf(version)[0] as string);
    await rows.forgetBlobs([gone as string, blobNameOf(session, 'never there')]);
    await rows.forgetBlobs([]);
    await put(rows, small('next', 5000)); // what it was told may wait for it
    assert.deepEqual((await collect(rows.givenUpBlobs())).sort(), kept.sort());
    assert.deepEqual(await rows.unnamedBlobs([gone as string]), [gone]);
  });

  check('gives a sample of the parts that are in blobs', async (rows) => {
    await put(rows, small('in-rows', 1000));
    assert.deepEqual(await rows.sampleOfBlobs(8), []);
    const session = await beginSession(rows);
    const versions = Array.from({ length: 30 }, (_, index) => rowsOf(small(`id${index}`, 1000, ['thumb']), session));
    for (const version of versions) await rows.put(version, null);
    const all = new Map((await collect(rows.partsInBlobs())).map((part) => [part.blob, part]));
    for (const count of [1, 8, 200]) {
      const sample = await rows.sampleOfBlobs(count);
      assert.ok(sample.length >= 1 && sample.length <= 4 * count, `${sample.length} of ${count}`);
      assert.equal(new Set(sample.map(({ blob }) => blob)).size, sample.length, 'a part came twice');
      for (const { id, blob, size } of sample) {
        assert.equal(all.get(blob)?.id, id);
        assert.equal(all.get(blob)?.size, size);
      }
    }
  });
}
