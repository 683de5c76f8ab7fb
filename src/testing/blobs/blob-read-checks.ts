import assert from 'node:assert/strict';
import type { OpenBlob } from '../../stores/split/blob-store.js';
import type { BlobCheck } from '../blob-store-suite.js';
import { assertKept, assertSame, blobOf, blobSizes, openOne, readChunks } from './blob-bytes.js';

/** What a store of blobs promises of reading. */
export function blobReadChecks(check: BlobCheck): void {
  for (const size of blobSizes) {
    check(`gives nothing for ${size} bytes when another size is asked for`, async (blobs) => {
      const { name, bytes } = blobOf('one', size);
      await blobs.write(name, bytes);
      for (const wrong of [0, size - 1, size + 1, 2 * size + 1].filter((each) => each !== size && each >= 0)) {
        assert.ok((await blobs.read(name, wrong)) === null, `${size} bytes were given for ${wrong}`);
      }
    });

    check(`lets ${size} bytes be closed unread, half read, while they are read and again`, async (blobs) => {
      const { name, bytes } = blobOf('one', size);
      await blobs.write(name, bytes);
      await (await openOne(blobs, name)).close();
      const halfRead = await openOne(blobs, name);
      for await (const _ of halfRead.chunks()) break;
      await Promise.all([halfRead.close(), halfRead.close()]);
      await halfRead.close();
      const beingRead = await openOne(blobs, name);
      const first = beingRead.chunks()[Symbol.asyncIterator]().next();
      await Promise.all([beingRead.close(), first.catch(() => {})]);
      await assertKept(blobs, name, bytes);
    });

    check(`never passes off a part of ${size} bytes for the whole when it is closed`, async (blobs) => {
      const { name, bytes } = blobOf('one', size);
      await blobs.write(name, bytes);
      const closed = await openOne(blobs, name);
      await closed.close();
      await assertWholeOrRefused(closed, bytes);
      const halfRead = await openOne(blobs, name);
      const chunks = halfRead.chunks()[Symbol.asyncIterator]();
      const first = await chunks.next();
      await halfRead.close();
      await assertWholeOrRefused({ ...halfRead, chunks: () => resumed(first, chunks) }, bytes);
    });

    check(`goes on reading ${size} bytes that were removed meanwhile`, async (blobs) => {
      const { name, bytes } = blobOf('one', size);
      await blobs.write(name, bytes);
      const unread = await openOne(blobs, name);
      const begun = await openOne(blobs, name);
      const chunks = begun.chunks()[Symbol.asyncIterator]();
      const first = await chunks.next();
      await blobs.remove(name);
      assertSame(await readChunks(unread), bytes);
      assertSame(await readChunks({ ...begun, chunks: () => resumed(first, chunks) }), bytes);
      assert.ok((await blobs.open(name)) === null);
      await Promise.all([unread.close(), begun.close()]);
    });
  }
}

/** An iteration that was begun elsewhere. */
async function* resumed(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>) {
  for (let next = first; !next.done; next = await rest.next()) yield next.value;
}

async function assertWholeOrRefused(blob: OpenBlob, bytes: Uint8Array): Promise<void> {
  const found = await readChunks(blob).catch(() => null);
  if (found) assertSame(found, bytes);
}
