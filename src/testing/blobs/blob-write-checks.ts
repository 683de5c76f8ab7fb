import assert from 'node:assert/strict';
import type { BlobCheck } from '../blob-store-suite.js';
import { assertKept, assertNone, blobOf, blobSizes, namesOf, openOne, readChunks } from './blob-bytes.js';

/** What a store of blobs promises of writing and removing. */
export function blobWriteChecks(check: BlobCheck): void {
  for (const size of blobSizes) {
    check(`gives back ${size} bytes as they were written, whole and in chunks`, async (blobs) => {
      const { name, bytes } = blobOf('one', size);
      await blobs.write(name, bytes);
      await assertKept(blobs, name, bytes);
    });
  }

  check('knows nothing of what was never written', async (blobs) => {
    await assertNone(blobs, blobOf('none', 1).name);
    await blobs.remove(blobOf('none', 1).name);
    assert.deepEqual(await namesOf(blobs.list('')), []);
  });

  check('keeps its own copy of what it is given, and of a view only what it shows', async (blobs) => {
    const { name, bytes } = blobOf('one', 70_000);
    const given = new Uint8Array(100_000);
    given.set(bytes, 10_000);
    await blobs.write(name, given.subarray(10_000, 80_000));
    given.fill(0);
    await assertKept(blobs, name, bytes);
  });

  check('takes every name that it may be given', async (blobs) => {
    const longest = `${'abcdefghijklmnopqrstuvwxyz-0123456789'.repeat(4)}`.slice(0, 126);
    const names = ['0', 'a-', '-a', 'a/b/c/d/e/f', 'a/bc', 'ab/c', 'a-b/c', `z/${longest}`];
    for (const name of names) await blobs.write(name, blobOf(name, 100).bytes);
    for (const name of names) await assertKept(blobs, name, blobOf(name, 100).bytes);
    assert.deepEqual(await namesOf(blobs.list('')), [...names].sort());
  });

  check('removes a blob, and no other', async (blobs) => {
    const names = ['a/b', 'a/bc', 'a/b-', 'a/c', 'ab'];
    for (const name of names) await blobs.write(name, blobOf(name, 100).bytes);
    await blobs.remove('a/b');
    await assertNone(blobs, 'a/b', 100);
    await blobs.remove('a/b');
    for (const name of names.slice(1)) await assertKept(blobs, name, blobOf(name, 100).bytes);
    assert.deepEqual(await namesOf(blobs.list('')), names.slice(1).sort());
  });

  check('never shows a part of a blob that is being written', async (blobs) => {
    const { name, bytes } = blobOf('one', 8 * 1024 * 1024);
    let isWritten = false;
    const writing = blobs.write(name, bytes).finally(() => {
      isWritten = true;
    });
    const look = async () => {
      while (!isWritten) {
        const size = await blobs.size(name);
        assert.ok(size === null || size === bytes.length, 'it told the size of a part');
        const opened = await blobs.open(name);
        if (!opened) continue;
        assert.equal(opened.size, bytes.length, 'it opened a part');
        assert.equal((await readChunks(opened)).length, bytes.length, 'it gave a part in chunks');
        await opened.close();
      }
    };
    const ask = async () => {
      while (!isWritten) {
        for (const part of [0, 65_536, 1024 * 1024]) assert.ok((await blobs.read(name, part)) === null);
        for (const found of await namesOf(blobs.list(''))) {
          if (found === name) assert.equal(await blobs.size(name), bytes.length, 'it listed a part');
        }
      }
    };
    await Promise.all([writing, look(), ask()]);
    await assertKept(blobs, name, bytes);
  });

  check('keeps blobs apart that are written and read at the same time', async (blobs) => {
    const all = Array.from({ length: 60 }, (_, index) =>
      blobOf(`${index}`, index % 3 ? 1_000 + index : 200_000 + index),
    );
    await Promise.all(
      all.map(async ({ name, bytes }) => {
        await blobs.write(name, bytes);
        await assertKept(blobs, name, bytes);
      }),
    );
    const opened = await Promise.all(all.map(({ name }) => openOne(blobs, name)));
    const read = await Promise.all(opened.map(readChunks));
    for (const [index, { bytes }] of all.entries()) assert.ok(Buffer.compare(read[index] as Uint8Array, bytes) === 0);
    await Promise.all(opened.map((blob) => blob.close()));
  });
}
