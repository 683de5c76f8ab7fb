import assert from 'node:assert/strict';
import type { Check } from './concurrency-checks.js';
import { assertRecord, assertStored, readPart, sizes, versionOf } from './versions.js';

/** What a store promises of images that have more than one part. */
export function partChecks(check: Check): void {
  check('gives the records of all parts of a version, the original first', async (store) => {
    assert.deepEqual(await store.version('a:one'), []);
    const version = versionOf('a:one', 1000, sizes.small, ['wide', 'thumb', '0']);
    for (const each of [version, versionOf('a:one1', 1000), versionOf('a:on', 1000)]) await store.put(each, null);
    const found = await store.version('a:one');
    assert.equal(found[0]?.variant, undefined);
    assert.deepEqual(found.map(({ variant }) => variant).sort(), ['0', 'thumb', 'wide', undefined]);
    for (const record of found) assertRecord(record, version, record.variant);
  });

  for (const size of [sizes.small, sizes.large]) {
    check(`adds parts of ${size} bytes that a version does not have, and keeps those that it has`, async (store) => {
      const first = versionOf('a:one', 1000, size, ['thumb']);
      await store.put(first, null);
      const more = versionOf('a:one', 1000, size + 1, ['thumb', 'wide', 'card']);
      const added = await store.addParts('a:one', 1000, more.parts.slice(1));
      assert.deepEqual(added && [...added].sort(), ['card', 'wide']);
      assertStored(await readPart(store, 'a:one'), first);
      assertStored(await readPart(store, 'a:one', 'thumb'), first, 'thumb');
      for (const variant of ['card', 'wide']) assertStored(await readPart(store, 'a:one', variant), more, variant);
      assert.deepEqual(await store.addParts('a:one', 1000, more.parts.slice(1)), []);
      assert.deepEqual(await store.usage(), { images: 1, bytes: 2 * size + 2 * (size + 1) });
      assert.deepEqual(await store.check(), []);
    });

    check(`adds no parts of ${size} bytes to another version than the one they are of`, async (store) => {
      const first = versionOf('a:one', 1000, size);
      const [, part] = versionOf('a:one', 1000, size, ['thumb']).parts;
      assert.ok(part);
      assert.equal(await store.addParts('a:one', 1000, [part]), null);
      await store.put(first, null);
      for (const token of [999, 1001]) assert.equal(await store.addParts('a:one', token, [part]), null);
      await store.put(versionOf('a:one', 1001, size), 1000);
      assert.equal(await store.addParts('a:one', 1000, [part]), null);
      assert.equal(await store.record('a:one', 'thumb'), null);
      await store.remove('a:one');
      assert.equal(await store.addParts('a:one', 1001, [part]), null);
      assert.deepEqual(await store.usage(), { images: 0, bytes: 0 });
      assert.deepEqual(await store.check(), []);
    });
  }

  check('adds each part once, whoever else adds it at the same time', async (store) => {
    await store.put(versionOf('one', 1000, sizes.large), null);
    const rivals = Array.from({ length: 10 }, (_, index) => versionOf('one', 1000, sizes.large + index, ['thumb']));
    const added = await Promise.all(rivals.map(({ parts }) => store.addParts('one', 1000, parts.slice(1))));
    assert.deepEqual(added.flat(), ['thumb']);
    const winner = rivals[added.findIndex((names) => names?.length === 1)];
    assert.ok(winner);
    assertStored(await readPart(store, 'one', 'thumb'), winner, 'thumb');
    assert.deepEqual(await store.check(), []);
  });

  check('walks through the keys of every part', async (store) => {
    const ids = Array.from({ length: 700 }, (_, index) => `a:id${index}`);
    const versions = ids.map((id, index) => versionOf(id, 1000 + index, 1, index % 2 ? ['thumb'] : []));
    await Promise.all(versions.map((version) => store.put(version, null)));
    const found: string[] = [];
    for await (const page of store.sealedKeys()) {
      assert.ok(page.length <= 1_000, `${page.length} keys at a time`);
      for (const { id, variant, token, sealedKey } of page) {
        const version = versions.find((each) => each.id === id);
        assert.equal(token, version?.token);
        const part = version?.parts.find((each) => each.variant === variant);
        assert.deepEqual(Uint8Array.from(sealedKey), part?.sealedKey);
        found.push(`${id} ${variant}`);
      }
    }
    assert.equal(new Set(found).size, 1050);
    assert.equal(found.length, 1050);
  });
}
