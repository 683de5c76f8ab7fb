import assert from 'node:assert/strict';
import type { ImageStore, ImageVersion } from '../stores/port.js';
import type { Check } from './concurrency-checks.js';
import { assertRecord, assertStored, bytesOf, sizes, versionOf } from './versions.js';

/** What a store promises of the keys that it keeps, and of images whose keys are gone. */
export function keyChecks(check: Check): void {
  check('keeps a key ring, and replaces it only for who knows the one before', async (store) => {
    assert.equal(await store.keyRing(), null);
    const [first, second] = [bytesOf('first', 700), bytesOf('second', 900)];
    assert.equal(await store.putKeyRing(first, 1), false);
    assert.equal(await store.putKeyRing(first, 0), true);
    const kept = await store.keyRing();
    assert.equal(kept?.version, 1);
    assert.deepEqual(Uint8Array.from(kept.bytes), first);
    assert.equal(await store.putKeyRing(second, 0), false);
    const rivals = await Promise.all([second, second, second].map((bytes) => store.putKeyRing(bytes, 1)));
    assert.equal(rivals.filter(Boolean).length, 1);
    assert.equal((await store.keyRing())?.version, 2);
    assert.deepEqual(Uint8Array.from((await store.keyRing())?.bytes ?? []), second);
  });

  check('gives the same key ring until it is replaced', async (store) => {
    await store.putKeyRing(bytesOf('first', 700), 0);
    if (!store.supports.syncRecords) return;
    const before = store.keyRing();
    assert.equal(store.keyRing(), before);
    await store.put(versionOf('one', 1000), null);
    await new Promise(setImmediate);
    assert.equal(store.keyRing(), before, 'another commit has made another one of it');
    await store.putKeyRing(bytesOf('second', 700), 1);
    assert.notEqual(store.keyRing(), before);
  });

  check('gives a folder one key after the other, each under the key ring of the moment', async (store) => {
    const add = (generation: number, ringVersion: number, folder = 'a') =>
      store.addFolderKey({ folder, generation, wrapped: bytesOf(`${folder} ${generation}`, 69) }, ringVersion);
    assert.equal(await store.folderKey('a'), null);
    assert.equal(await add(1, 0), false, 'a key that nothing wraps');
    await store.putKeyRing(bytesOf('ring', 10), 0);
    assert.equal(await add(2, 1), false);
    assert.deepEqual((await Promise.all([add(1, 1), add(1, 1), add(1, 1)])).filter(Boolean), [true]);
    await store.putKeyRing(bytesOf('ring', 10), 1);
    assert.equal(await add(2, 1), false);
    assert.equal(await add(2, 2), true);
    assert.equal(await add(1, 2, ''), true);
    const latest = await store.folderKey('a');
    assert.equal(latest?.folder, 'a');
    assert.equal(latest.generation, 2);
    assert.deepEqual(Uint8Array.from(latest.wrapped ?? []), bytesOf('a 2', 69));
    assert.equal((await store.folderKey(''))?.generation, 1);
    const all: string[] = [];
    for await (const page of store.folderKeys()) {
      all.push(...page.map(({ folder, generation }) => `${folder} ${generation}`));
    }
    assert.deepEqual(all.sort(), [' 1', 'a 1', 'a 2']);
  });

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
    assertStored(await store.read('a:one'), sealedWith(version, 2));
    assert.deepEqual(await store.check(), []);
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
    for (const { variant } of kept.parts) assertStored(await store.read('a:kept', variant), kept, variant);
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
    for (const version of others) assertStored(await store.read(version.id), version);
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
    assertStored(await store.read('a:one'), after);
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

/** Gives a folder keys, up to a generation. */
async function giveKeys(store: ImageStore, folder: string, upTo: number, from = 0): Promise<void> {
  if (!(await store.keyRing())) await store.putKeyRing(bytesOf('ring', 10), 0);
  for (let generation = from + 1; generation <= upTo; generation += 1) {
    const key = { folder, generation, wrapped: bytesOf(`${folder} ${generation}`, 69) };
    assert.equal(await store.addFolderKey(key, (await store.keyRing())?.version ?? 0), true);
  }
}

/** The version with sealed keys that name a generation; see `generationOf`. */
function sealedWith(version: ImageVersion, generation: number): ImageVersion {
  const parts = version.parts.map((part) => {
    const sealedKey = bytesOf(`${version.id}.${part.variant}@${version.token} sealed`, 80);
    sealedKey[0] = 2;
    new DataView(sealedKey.buffer).setUint32(1, generation, true);
    return { ...part, sealedKey };
  });
  return { ...version, parts };
}

async function assertGone(store: ImageStore, { id, parts }: ImageVersion): Promise<void> {
  for (const { variant } of parts) {
    assert.equal(await store.record(id, variant), null);
    assert.equal(await store.read(id, variant), null);
    assert.equal(await store.open(id, variant), null);
  }
  assert.deepEqual(await store.version(id), []);
  assert.equal(await store.remove(id), false);
  const listed: string[] = [];
  for await (const each of store.list()) listed.push(each);
  assert.ok(!listed.includes(id), `${id} is in the list`);
  for await (const page of store.sealedKeys()) assert.ok(page.every((part) => part.id !== id));
}
