import assert from 'node:assert/strict';
import type { ImageStore, Quota } from '../stores/port.js';
import type { Check } from './concurrency-checks.js';
import { versionOf } from './versions.js';

/** What a store promises of quotas. Each check passes where it keeps none. */
export function quotaChecks(check: Check): void {
  const checkQuota = (name: string, run: (store: ImageStore) => Promise<void>) =>
    check(name, async (store) => {
      if (store.supports.quotas) await run(store);
    });

  const image = (id: string, token: number, size: number, quota: Quota, variants: readonly string[] = []) => ({
    ...versionOf(id, token, size, variants),
    quota,
  });

  checkQuota('refuses what a quota of its folder does not allow, and changes nothing', async (store) => {
    const quota = { images: 2, bytes: 10_000 };
    assert.equal(await store.put(image('a:one', 1000, 4_000, quota), null), true);
    await refused(() => store.put(image('a:large', 1001, 6_001, quota), null));
    assert.equal(await store.put(image('a:two', 1001, 6_000, quota), null), true);
    await refused(() => store.put(image('a:three', 1002, 1, quota), null));
    assert.equal(await store.record('a:large'), null);
    assert.equal(await store.record('a:three'), null);
    assert.deepEqual(await store.folderUsage?.('a'), { images: 2, bytes: 10_000 });
    assert.equal(await store.put(image('b:three', 1002, 6_000, quota), null), true);
    assert.equal(await store.put(image('ab', 1003, 6_000, quota), null), true);
    assert.deepEqual(await store.folderUsage?.(''), { images: 1, bytes: 6_000 });
    assert.deepEqual(await store.folderUsage?.('never-used'), { images: 0, bytes: 0 });
    assert.deepEqual(await store.check(), [], 'the ciphertext of what was refused is left');
  });

  checkQuota('counts what updates and new parts add, and gives back what they and deletions free', async (store) => {
    const quota = { bytes: 10_000 };
    await store.put(image('a:one', 1000, 4_000, quota), null);
    await refused(() => store.put(image('a:one', 1001, 10_001, quota), 1000));
    assert.equal((await store.record('a:one'))?.token, 1000);
    assert.equal(await store.put(image('a:one', 1001, 9_000, quota), 1000), true);
    const [, thumb] = versionOf('a:one', 1001, 600, ['thumb']).parts;
    assert.ok(thumb);
    await refused(() => store.addParts('a:one', 1001, [{ ...thumb, ciphertext: new Uint8Array(1_001) }], quota));
    assert.deepEqual(await store.addParts('a:one', 1001, [{ ...thumb, ciphertext: new Uint8Array(1_000) }], quota), [
      'thumb',
    ]);
    // What is there already adds nothing.
    assert.deepEqual(await store.addParts('a:one', 1001, [thumb], quota), []);
    assert.deepEqual(await store.folderUsage?.('a'), { images: 1, bytes: 10_000 });
    assert.equal(await store.put(image('a:one', 1002, 10_000, quota), 1001), true);
    // It holds too much by now, since the quota was lowered: it can be made smaller, and no larger.
    const lower = { bytes: 5_000 };
    await refused(() => store.put(image('a:one', 1003, 10_001, lower), 1002));
    assert.equal(await store.put(image('a:one', 1003, 8_000, lower), 1002), true);
    await store.remove('a:one');
    assert.deepEqual(await store.folderUsage?.('a'), { images: 0, bytes: 0 });
    assert.equal(await store.put(image('a:two', 1004, 5_000, lower), null), true);
  });

  checkQuota('gives back all that a folder held once it is erased', async (store) => {
    const quota = { images: 3, bytes: 3_000 };
    for (const id of ['a:1', 'a:2', 'a:3']) await store.put(image(id, 1000, 1_000, quota), null);
    await store.put(image('b:1', 1000, 1_000, quota), null);
    assert.equal(await store.eraseFolder('a'), 3);
    assert.deepEqual(await store.folderUsage?.('a'), { images: 0, bytes: 0 });
    assert.deepEqual(await store.folderUsage?.('b'), { images: 1, bytes: 1_000 });
  });

  checkQuota('is exact when many put at the same moment', async (store) => {
    const quota = { images: 7 };
    const puts = Array.from({ length: 40 }, (_, index) =>
      store.put(image(`a:${index}`, 1000 + index, 500, quota), null),
    );
    const settled = await Promise.allSettled(puts);
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 7);
    for (const result of settled) if (result.status === 'rejected') assert.equal(result.reason.code, 'QUOTA_EXCEEDED');
    assert.deepEqual(await store.folderUsage?.('a'), { images: 7, bytes: 3_500 });
  });

  checkQuota('says that an id is taken before it speaks of a quota', async (store) => {
    await store.put(versionOf('a:one', 1000, 500), null);
    assert.equal(await store.put(image('a:one', 1001, 500, { images: 1 }), null), false);
    assert.equal(await store.put(image('a:none', 1001, 500, { images: 1 }), 1000), false);
  });
}

async function refused(put: () => Promise<unknown>): Promise<void> {
  await assert.rejects(put, { code: 'QUOTA_EXCEEDED' });
}
