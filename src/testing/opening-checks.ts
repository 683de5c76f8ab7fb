import assert from 'node:assert/strict';
import { type ImageStore, type ImageVersion, maxChunkBytes, type OpenedPart } from '../stores/port.js';
import type { Check } from './concurrency-checks.js';
import { assertRecord, assertStored, readToEnd, sizes, versionOf } from './versions.js';

/** What a store promises to those who read a ciphertext piece by piece. */
export function openingChecks(check: Check): void {
  for (const [name, size] of Object.entries(sizes)) {
    check(`hands out ${name} ciphertext (${size} bytes) whole, in order and in small pieces`, async (store) => {
      const version = versionOf('one', 1000, size, ['thumb']);
      await store.put(version, null);
      for (const { variant } of version.parts) {
        assertStored(await readToEnd(await store.open('one', variant)), version, variant);
      }
      for await (const { length } of (await openOne(store, version)).chunks()) {
        assert.ok(length > 0 && length <= maxChunkBytes, `a chunk has ${length} bytes`);
      }
    });

    check(`goes on with the version that was opened, its ${name} ciphertext being replaced`, async (store) => {
      const version = versionOf('one', 1000, size);
      await store.put(version, null);
      const untouched = await openOne(store, version);
      const begun = await openOne(store, version);
      const chunks = begun.chunks()[Symbol.asyncIterator]();
      const first = await chunks.next();
      assert.equal(await store.put(versionOf('one', 1001, size), 1000), true);
      assertStored(await readToEnd(untouched), version);
      assertStored(await readToEnd({ ...begun, chunks: () => resumed(first, chunks) }), version);
      assert.deepEqual(await store.check(), []);
    });

    check(`goes on with the version that was opened, the image and its ${name} ciphertext removed`, async (store) => {
      const version = versionOf('one', 1000, size);
      await store.put(version, null);
      const part = await openOne(store, version);
      await store.remove('one');
      assertStored(await readToEnd(part), version);
      assert.deepEqual(await store.check(), []);
    });

    check(`lets ${name} ciphertext be closed unread, half read, while it is read and again`, async (store) => {
      const version = versionOf('one', 1000, size);
      await store.put(version, null);
      await (await openOne(store, version)).close();
      const halfRead = await openOne(store, version);
      for await (const _ of halfRead.chunks()) break;
      await Promise.all([halfRead.close(), halfRead.close()]);
      const beingRead = await openOne(store, version);
      const first = beingRead.chunks()[Symbol.asyncIterator]().next();
      await beingRead.close();
      assert.equal((await first).done ?? false, size === 0);
      assertStored(await readToEnd(await store.open('one')), version);
    });

    check(`never passes off a part of ${name} ciphertext for the whole when it is closed`, async (store) => {
      const version = versionOf('one', 1000, size);
      await store.put(version, null);
      const closed = await openOne(store, version);
      const outlived = await openOne(store, version);
      await closed.close();
      await assertWholeOrRefused(closed, version);
      await store.close();
      await assertWholeOrRefused(outlived, version);
    });
    check(`opens ${name} ciphertext that was found before, or what has taken its place`, async (store) => {
      if (!store.find) return;
      const version = versionOf('one', 1000, size, ['thumb']);
      await store.put(version, null);
      const [found, thumb, none] = await Promise.all([store.find('one'), store.find('one', 'thumb'), store.find('no')]);
      assert.equal(none, null);
      assertRecord(found, version);
      assertRecord(thumb, version, 'thumb');
      if (found?.ciphertext) assertStored({ ...found, ciphertext: found.ciphertext }, version);
      assertStored(await readToEnd(await store.open('one', undefined, { found: found ?? undefined })), version);
      const next = versionOf('one', 1001, size, ['thumb']);
      await store.put(next, 1000);
      const part = await readToEnd(await store.open('one', 'thumb', { found: thumb ?? undefined }));
      assertStored(part, part?.token === 1000 ? version : next, 'thumb');
    });
  }
}

async function openOne(store: ImageStore, version: ImageVersion): Promise<OpenedPart> {
  const part = await store.open(version.id);
  assert.ok(part, `${version.id} was not found`);
  assertRecord(part, version);
  return part;
}

/** An iteration that was begun elsewhere. */
async function* resumed(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>) {
  for (let next = first; !next.done; next = await rest.next()) yield next.value;
}

async function assertWholeOrRefused(part: OpenedPart, version: ImageVersion): Promise<void> {
  try {
    assertStored(await readToEnd(part), version);
  } catch (error) {
    assert.equal((error as Error).name, 'PixstoreError', `it failed with ${error}`);
  }
}
