import assert from 'node:assert/strict';
import type { BlobStore } from '../../stores/split/blob-store.js';
import type { BlobCheck, OpenedBlobs } from '../blob-store-suite.js';
import { assertKept, assertNone, blobOf, namesOf } from './blob-bytes.js';

/** What a store of blobs promises to processes that share it. */
export function blobSharingChecks(check: BlobCheck): void {
  check('shows others at once what was written and removed', async (blobs, opened) => {
    const { name, bytes } = blobOf('one', 100_000);
    await withAnother(opened, async (other) => {
      await blobs.write(name, bytes);
      await assertKept(other, name, bytes);
      assert.deepEqual(await namesOf(other.list('')), [name]);
      await other.remove(name);
      await assertNone(blobs, name, bytes.length);
      assert.deepEqual(await namesOf(blobs.list('')), []);
    });
  });

  check('lets several processes write at the same time', async (blobs, opened) => {
    await withAnother(opened, async (other) => {
      const all = Array.from({ length: 40 }, (_, index) => blobOf(`${index}`, 20_000));
      await Promise.all(all.map(({ name, bytes }, index) => (index % 2 ? blobs : other).write(name, bytes)));
      for (const [index, { name, bytes }] of all.entries()) await assertKept(index % 3 ? other : blobs, name, bytes);
      assert.equal((await namesOf(blobs.list(''))).length, all.length);
    });
  });
}

async function withAnother({ another }: OpenedBlobs, run: (other: BlobStore) => Promise<void>): Promise<void> {
  const other = await another?.();
  if (!other) return;
  try {
    await run(other);
  } finally {
    await other.close?.();
  }
}
