import assert from 'node:assert/strict';
import type { ImageStore } from '../stores/port.js';
import { type Check, concurrencyChecks } from './concurrency-checks.js';
import { keyChecks } from './key-checks.js';
import { openingChecks } from './opening-checks.js';
import { partChecks } from './part-checks.js';
import { quotaChecks } from './quota-checks.js';
import { testsWith } from './registering.js';
import { assertRecord, assertStored, bytesOf, readPart, sizes, versionOf } from './versions.js';

/** A store under test, and how to get rid of it. */
export interface OpenedStore {
  store: ImageStore;
  /** Opens the same data again, after `store.close()`. Needed where `supports.persistence`. */
  reopen?(): Promise<ImageStore>;
  destroy(): Promise<void>;
}

export interface ImageStoreSuiteOptions {
  /** Registers a test: `test` of Vitest, node:test or others. */
  test(name: string, run: () => Promise<void>): void;
  /** Opens an empty store; every test gets one of its own. */
  open(): Promise<OpenedStore>;
  /** How often readers look for a mix of versions; less is enough for stores over a network. Default: 10,000. */
  reads?: number | undefined;
}

/**
 * Checks that a store keeps the contract of `ImageStore`.
 *
 * @example
 * describe('my store', () => imageStoreSuite({ test, open: openMyStore }));
 */
export function imageStoreSuite({ test, open, reads = 10_000 }: ImageStoreSuiteOptions): void {
  const each = testsWith(test, open, ({ store }) => store.close());
  const check: Check = (name, run) => each(name, ({ store }) => run(store));

  for (const [name, size] of Object.entries(sizes)) {
    check(`gives back a version with ${name} ciphertext (${size} bytes) byte for byte`, async (store) => {
      const version = versionOf('photos:one', 1000, size);
      assert.equal(await store.put(version, null), true);
      assertStored(await readPart(store, 'photos:one'), version);
      assertRecord(await store.record('photos:one'), version);
    });
  }

  check('knows nothing of what was never put', async (store) => {
    assert.ok((await readPart(store, 'photos:none')) === null);
    assert.ok((await store.open('photos:none')) === null);
    assert.equal(await store.record('photos:none'), null);
    assert.deepEqual(await store.records([{ id: 'photos:none' }]), [null]);
    assert.equal(await store.remove('photos:none'), false);
    assert.equal(await store.reseal([{ id: 'photos:none', token: 1, sealedKey: bytesOf('key', 69) }]), 0);
  });

  check('keeps its own copy of what it is given', async (store) => {
    const version = versionOf('one', 1000);
    const [part] = version.parts;
    assert.ok(part);
    const given = {
      ...version,
      parts: [{ ...part, ciphertext: part.ciphertext.slice(), sealedKey: part.sealedKey.slice() }],
    };
    await store.put(given, null);
    for (const { ciphertext, sealedKey } of given.parts) {
      ciphertext.fill(0);
      sealedKey.fill(0);
    }
    assertStored(await readPart(store, 'one'), version);
  });

  check('gives many records in the order asked for', async (store) => {
    const versions = ['b', 'a', 'c'].map((id, index) => versionOf(id, 1000 + index));
    for (const version of versions) await store.put(version, null);
    const found = await store.records(['a', 'none', 'c', 'b', 'a'].map((id) => ({ id })));
    assert.deepEqual(
      found.map((record) => record?.id ?? null),
      ['a', null, 'c', 'b', 'a'],
    );
    assert.deepEqual(await store.records([]), []);
  });

  check('tells ids apart that differ only in case or in a prefix', async (store) => {
    const versions = ['a:one', 'a:One', 'a:one1', 'one', 'a:on'].map((id, index) => versionOf(id, 1000 + index));
    for (const version of versions) assert.equal(await store.put(version, null), true);
    for (const version of versions) assertStored(await readPart(store, version.id), version);
    await store.remove('a:on');
    assertStored(await readPart(store, 'a:one'), versions[0] as (typeof versions)[0]);
  });

  check('replaces a version when its token is the expected one', async (store) => {
    await store.put(versionOf('one', 1000, sizes.large), null);
    const next = versionOf('one', 1001, sizes.small);
    assert.equal(await store.put(next, 1000), true);
    assertStored(await readPart(store, 'one'), next);
    const last = versionOf('one', 1002, sizes.large);
    assert.equal(await store.put(last, 1001), true);
    assertStored(await readPart(store, 'one'), last);
    assert.deepEqual(await store.check(), []);
  });

  check('refuses a version when another token is stored than the expected one', async (store) => {
    const version = versionOf('one', 1000, sizes.large);
    await store.put(version, null);
    assert.equal(await store.put(versionOf('one', 2000, sizes.large), null), false);
    assert.equal(await store.put(versionOf('one', 2000, sizes.large), 999), false);
    assert.equal(await store.put(versionOf('other', 2000), 1000), false);
    assertStored(await readPart(store, 'one'), version);
    assert.ok((await readPart(store, 'other')) === null);
    assert.deepEqual(await store.check(), []);
  });

  check('replaces whatever is older when that is all that is expected', async (store) => {
    const first = versionOf('one', 1000, sizes.large, ['thumb', 'wide']);
    assert.equal(await store.put(first, 'older'), false, 'there was nothing to replace');
    assert.ok((await readPart(store, 'one')) === null);
    await store.put(first, null);
    for (const token of [999, 1000]) assert.equal(await store.put(versionOf('one', token), 'older'), false);
    for (const { variant } of first.parts) assertStored(await readPart(store, 'one', variant), first, variant);
    const next = versionOf('one', 1001, sizes.small, ['thumb']);
    assert.equal(await store.put(next, 'older'), true);
    for (const { variant } of next.parts) assertStored(await readPart(store, 'one', variant), next, variant);
    assert.ok((await readPart(store, 'one', 'wide')) === null);
    await store.remove('one');
    assert.equal(await store.put(versionOf('one', 2000, sizes.large), 'older'), false);
    assert.deepEqual(await store.check(), []);
  });

  check('puts, replaces and removes all parts of a version as one', async (store) => {
    const first = versionOf('a:one', 1000, sizes.small, ['thumb', 'wide']);
    await store.put(first, null);
    for (const { variant } of first.parts) assertStored(await readPart(store, 'a:one', variant), first, variant);
    const second = versionOf('a:one', 1001, sizes.large, ['thumb']);
    await store.put(second, 1000);
    for (const { variant } of second.parts) assertStored(await readPart(store, 'a:one', variant), second, variant);
    assert.ok((await readPart(store, 'a:one', 'wide')) === null);
    await store.remove('a:one');
    assert.deepEqual(await store.records([{ id: 'a:one' }, { id: 'a:one', variant: 'thumb' }]), [null, null]);
  });

  check('removes an image once', async (store) => {
    await store.put(versionOf('one', 1000, sizes.large), null);
    assert.equal(await store.remove('one'), true);
    assert.equal(await store.remove('one'), false);
    assert.ok((await readPart(store, 'one')) === null);
    assert.deepEqual(await store.check(), []);
  });

  check('never lets a removed image be born again with a token it had', async (store) => {
    assert.equal(await store.lastRemovedToken(), 0);
    await store.put(versionOf('one', 5000), null);
    await store.remove('one');
    assert.equal(await store.lastRemovedToken(), 5000);
    assert.equal(await store.put(versionOf('one', 5000), null), false);
    assert.equal(await store.put(versionOf('one', 4999), null), false);
    assert.equal(await store.put(versionOf('one', 5001), null), true);
    await store.put(versionOf('two', 6000), null);
    await store.remove('one');
    assert.equal(await store.lastRemovedToken(), 5001);
  });

  check('lists ids of images in order, by prefix and from a place on', async (store) => {
    const ids = ['a:1', 'a:2', 'a-b:1', 'b:1', 'b:2', 'solo', 'Upper'];
    for (const [index, id] of ids.entries()) await store.put(versionOf(id, 1000 + index, 10, ['thumb']), null);
    const listed = async (...args: Parameters<ImageStore['list']>) => {
      const found: string[] = [];
      for await (const id of store.list(...args)) found.push(id);
      return found;
    };
    assert.deepEqual(await listed(), [...ids].sort());
    assert.deepEqual(await listed('a:'), ['a:1', 'a:2']);
    assert.deepEqual(await listed('a:', 'a:1'), ['a:2']);
    assert.deepEqual(await listed('b:2'), ['b:2']);
    assert.deepEqual(await listed('', 'b:2'), ['solo']);
    assert.deepEqual(await listed('none:'), []);
  });

  check('lists more than a page', async (store) => {
    const ids = Array.from({ length: 1100 }, (_, index) => `id${String(index).padStart(5, '0')}`);
    await Promise.all(ids.map((id, index) => store.put(versionOf(id, 1000 + index, 1), null)));
    const found: string[] = [];
    for await (const id of store.list()) found.push(id);
    assert.deepEqual(found, ids);
  });

  check('reseals parts one by one, and only in the version they were sealed for', async (store) => {
    const version = versionOf('one', 1000, sizes.small, ['thumb']);
    await store.put(version, null);
    const sealedKey = bytesOf('another key', 69);
    assert.equal(await store.reseal([{ id: 'one', token: 999, sealedKey }]), 0);
    const changes = [
      { id: 'one', token: 1000, sealedKey },
      { id: 'one', variant: 'wide', token: 1000, sealedKey },
      { id: 'none', token: 1000, sealedKey },
    ];
    assert.equal(await store.reseal(changes), 1);
    const [original] = version.parts;
    assert.ok(original);
    assertStored(await readPart(store, 'one'), { ...version, parts: [{ ...original, sealedKey }] });
    assertStored(await readPart(store, 'one', 'thumb'), version, 'thumb');
  });

  partChecks(check);
  quotaChecks(check);
  keyChecks(check);
  openingChecks(check);
  concurrencyChecks(check, reads);

  check('has nothing to report or sweep when nothing went wrong', async (store) => {
    await store.put(versionOf('one', 1000, sizes.large), null);
    await store.put(versionOf('one', 1001, sizes.large), 1000);
    await store.put(versionOf('two', 1001, sizes.small), null);
    await store.remove('two');
    assert.deepEqual(await store.check(), []);
    assert.equal(await store.sweep(), 0);
    for (const options of [{}, { foreign: true }, { remove: true }, { remove: true, all: true }]) {
      for await (const found of store.leftovers(options)) assert.fail(`leftovers() gave ${JSON.stringify(found)}`);
    }
    for await (const found of store.missing()) assert.fail(`missing() gave ${JSON.stringify(found)}`);
    assert.ok(await readPart(store, 'one'), 'looking for leftovers must not remove what is needed');
  });

  check('ends when what it tells of parts that are looked after throws', async (store) => {
    await store.put(versionOf('one', 1000, sizes.large), null);
    await store.put(versionOf('two', 1000, sizes.large), null);
    let told = 0;
    const end = new Error('enough');
    const onPart = () => {
      told += 1;
      throw end;
    };
    try {
      for await (const _ of store.missing({ onPart })) assert.fail('nothing is missing');
    } catch (error) {
      assert.ok(error === end || (error as Error).cause === end, 'it must throw what it was ended by');
    }
    assert.ok(told <= 1, `it went on ${told} times after it was ended`);
  });

  test('has everything again after it was closed and opened', async () => {
    const { store, reopen, destroy } = await open();
    if (!store.supports.persistence) return destroy();
    assert.ok(reopen, 'a store with supports.persistence needs reopen');
    const versions = [versionOf('one', 1000, sizes.small), versionOf('two', 1001, sizes.large, ['thumb'])];
    for (const version of versions) await store.put(version, null);
    await store.put(versionOf('gone', 7000), null);
    await store.remove('gone');
    await store.putKeyRing(bytesOf('ring', 500), 0);
    await store.addFolderKey({ folder: 'kept', generation: 1, wrapped: bytesOf('key', 69) }, 1);
    await store.eraseFolder('kept');
    await store.close();
    const again = await reopen();
    try {
      for (const version of versions) {
        for (const { variant } of version.parts)
          assertStored(await readPart(again, version.id, variant), version, variant);
      }
      assert.equal(await again.lastRemovedToken(), 7000);
      const ring = await again.keyRing();
      assert.equal(ring?.version, 1);
      assert.deepEqual(Uint8Array.from(ring.bytes), bytesOf('ring', 500));
      assert.equal((await again.folderKey('kept'))?.wrapped, null);
      assert.deepEqual(await again.check(), []);
    } finally {
      await again.close();
      await destroy();
    }
  });

  test('finishes what is under way when it is closed, and then refuses to work', async () => {
    const { store, destroy } = await open();
    const puts = Array.from({ length: 10 }, (_, index) => store.put(versionOf(`id${index}`, 1000, sizes.large), null));
    await store.close();
    assert.deepEqual(
      await Promise.all(puts),
      puts.map(() => true),
    );
    await assert.rejects(async () => store.put(versionOf('late', 1000), null), { name: 'PixstoreError' });
    await assert.rejects(async () => readPart(store, 'id0'), { name: 'PixstoreError' });
    await assert.rejects(async () => store.open('id0'), { name: 'PixstoreError' });
    await assert.rejects(async () => store.record('id0'), { name: 'PixstoreError' });
    await store.close();
    await destroy();
  });
}
