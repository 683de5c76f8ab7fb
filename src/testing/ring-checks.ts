import assert from 'node:assert/strict';
import type { ImageStore } from '../stores/port.js';
import { bytesOf } from './versions.js';

/** What image stores and row stores have in common: they keep keys. */
export type KeyKeeper = Pick<
  ImageStore,
  'supports' | 'keyRing' | 'putKeyRing' | 'folderKey' | 'folderKeys' | 'addFolderKey'
>;

/** What is promised of the key ring, and of keys that are added under it. */
export function ringChecks(check: (name: string, run: (store: KeyKeeper) => Promise<void>) => void): void {
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
    await store.addFolderKey({ folder: 'a', generation: 1, wrapped: bytesOf('a 1', 69) }, 1);
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
}
