import assert from 'node:assert/strict';
import type { ImageStore, ImageVersion } from '../stores/port.js';
import type { Check } from './concurrency-checks.js';
import { ringChecks } from './ring-checks.js';
import { giveKeys, sealedWith } from './sealing.js';
import { assertRecord, assertStored, bytesOf, readPart, sizes, versionOf } from './versions.js';

/** What a store promises of the keys that it keeps, and of images whose keys are gone. */
export function keyChecks(check: Check): void {
  ringChecks(check);

  check('gives records with the key of the folder that they name', async (store) => {
    await giveKeys(store, 'a', 1);
    const version = sealedWith(versionOf('a:one', 1000, sizes.small, ['thumb']), 1);
    assert.equal(await store.put(version, null), true);
    for (const { variant } of version.parts) {
      const record = await store.record('a:one', variant);
      assertRecord(record, version, variant);
      assert.equal(record?.folderKey?.folder, 'a');
      assert.equal(record.folderKey.generation, 1);
      assert.deepEqual(Uint8Array.from(record.folderKey.wrapped ?? []), bytesOf('a 1', 69));
    }
    await store.put(versionOf('a:other', 1000), null);
    assert.equal((await store.record('a:other'))?.folderKey, null);
  });

  check('takes nothing that was sealed with another key than the latest of its folder', async (store) => {
    await giveKeys(store, 'a', 2);
    const version = versionOf('a:one', 1000, sizes.large, ['thumb']);
    for (const generation of [1, 3]) {
      assert.equal(await store.put(sealedWith(version, generation), null), false);
    }
    assert.equal(await store.put(sealedWith({ ...version, id: 'b:one' }, 2), null), false);
    assert.equal(await store.put(sealedWith(version, 2), null), true);
    assert.equal(await store.put(sealedWith(versionOf('a:one', 1001), 1), 'older'), false);
    const [, thumb] = sealedWith(version, 1).parts;
    assert.ok(thumb);
    assert.equal(await store.addParts('a:one', 1000, [{ ...thumb, variant: 'wide' }]), null);
    assert.equal(await store.reseal([{ id: 'a:one', token: 1000, sealedKey: thumb.sealedKey }]), 0);
    assertStored(await readPart(store, 'a:one'), sealedWith(version, 2));
    assert.deepEqual(await store.check(), []);
  });

  check('counts about how many keys were sealed with the key of a folder', async (store) => {
    await giveKeys(store, 'a', 1);
    const version = sealedWith(versionOf('a:one', 1000, sizes.small), 1);
    await store.put(version, null);
    const { sealedKey } = version.parts[0] as (typeof version.parts)[0];
    const changes = Array.from({ length: 1_000 }, () => ({ id: 'a:one', token: 1000, sealedKey }));
    for (let sealed = 0; sealed < 20_000; sealed += changes.length) await store.reseal(changes);
    const { sealed = 0 } = (await store.folderKey('a')) ?? {};
    // A store may count by sampling: a tenth is far below what chance explains.
    assert.ok(sealed > 2_000 && sealed < 200_000, `20,001 keys were sealed, and ${sealed} counted`);
  });

  check('has no image any more whose key was destroyed', async (store) => {
    await giveKeys(store, 'a', 1);
    const doomed = sealedWith(versionOf('a:doomed', 1000, sizes.large, ['thumb']), 1);
    await store.put(doomed, null);
    await giveKeys(store, 'a', 2, 1);
    const kept = sealedWith(versionOf('a:kept', 1000, sizes.large, ['thumb']), 2);
    await store.put(kept, null);
    await store.destroyFolderKeys([{ folder: 'a', generation: 1 }]);
    await assertGone(store, doomed);
    const again = sealedWith(versionOf('a:doomed', 1000, sizes.large), 2);
    assert.equal(await store.put(again, null), false, 'a token that was there before');
    for (const { variant } of kept.parts) assertStored(await readPart(store, 'a:kept', variant), kept, variant);
    const all: number[] = [];
    for await (const page of store.folderKeys()) all.push(...page.map(({ generation }) => generation));
    assert.deepEqual(all, [2]);
  });

  check('erases a folder, whatever its images were sealed with, and no other', async (store) => {
    await giveKeys(store, 'a', 2);
    const versions = [
      sealedWith(versionOf('a:one', 1000, sizes.small), 2),
      sealedWith(versionOf('a:two', 1001, sizes.large, ['thumb']), 2),
      versionOf('a:three', 1002, sizes.small),
    ];
    const others = ['one', 'ab:one', 'b:a', 'a-b:one', '0a:one'].map((id) => versionOf(id, 2000, sizes.large));
    for (const version of [...versions, ...others]) assert.equal(await store.put(version, null), true);
    assert.equal(await store.eraseFolder('a'), 3);
    for (const version of versions) await assertGone(store, version);
    for (const version of others) assertStored(await readPart(store, version.id), version);
    assert.equal((await store.folderKey('a'))?.wrapped, null);
    assert.equal((await store.usage()).images, others.length);
    assert.ok((await store.lastRemovedToken()) >= 1002);
    assert.equal(await store.eraseFolder('a'), 0);
    assert.equal(await store.eraseFolder('never-used'), 0);
    assert.equal(await store.folderKey('never-used'), null);
    assert.deepEqual(await store.check(), []);
    assert.equal(await store.sweep(), 0);
  });

  check('takes new images into a folder that was erased, under a new key', async (store) => {
    await giveKeys(store, 'a', 1);
    const before = sealedWith(versionOf('a:one', 1000, sizes.large), 1);
    await store.put(before, null);
    await store.eraseFolder('a');
    assert.equal(await store.put({ ...before, token: 2000 }, null), false, 'a key that was destroyed');
    await giveKeys(store, 'a', 2, 1);
    const after = sealedWith(versionOf('a:one', 2000, sizes.large), 2);
    assert.equal(await store.put({ ...after, token: 1000 }, null), false, 'a token that was there before');
    assert.equal(await store.put(after, null), true);
    assertStored(await readPart(store, 'a:one'), after);
    assert.deepEqual(await store.check(), []);
  });

  check('lets nothing survive that is saved while its folder is erased', async (store) => {
    await giveKeys(store, 'a', 1);
    const ids = Array.from({ length: 300 }, (_, index) => `a:id${index}`);
    const saving = ids.map((id, index) => store.put(sealedWith(versionOf(id, 1000 + index, 100), 1), null));
    await saving[0];
    const erasing = store.eraseFolder('a');
    const saved = await Promise.all(saving);
    const erased = await erasing;
    assert.equal(erased, saved.filter(Boolean).length);
    assert.deepEqual(await store.records(ids.map((id) => ({ id }))), Array(ids.length).fill(null));
    assert.deepEqual(await store.usage(), { images: 0, bytes: 0 });
  });
}

async function assertGone(store: ImageStore, { id, parts }: ImageVersion): Promise<void> {
  for (const { variant } of parts) {
    assert.equal(await store.record(id, variant), null);
    assert.ok((await readPart(store, id, variant)) === null);
    assert.ok((await store.open(id, variant)) === null);
  }
  assert.deepEqual(await store.version(id), []);
  assert.equal(await store.remove(id), false);
  const listed: string[] = [];
  for await (const each of store.list()) listed.push(each);
  assert.ok(!listed.includes(id), `${id} is in the list`);
  for await (const page of store.sealedKeys()) assert.ok(page.every((part) => part.id !== id));
}
