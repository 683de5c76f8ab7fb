import assert from 'node:assert/strict';
import type { ImageStore } from '../stores/port.js';
import { assertStored, readPart, sizes, versionOf } from './versions.js';

/** Registers a test that gets an empty store of its own. */
export type Check = (name: string, run: (store: ImageStore) => Promise<void>) => void;

/** What a store promises to those who write and read at the same time. */
/** @param wantedReads - how often readers look for a mix of versions */
export function concurrencyChecks(check: Check, wantedReads: number): void {
  check('lets one of many writers win who expect the same version', async (store) => {
    await store.put(versionOf('one', 1000), null);
    const rivals = Array.from({ length: 20 }, (_, index) => versionOf('one', 2000 + index, sizes.large));
    const results = await Promise.all(rivals.map((rival) => store.put(rival, 1000)));
    assert.equal(results.filter(Boolean).length, 1);
    assertStored(await readPart(store, 'one'), rivals[results.indexOf(true)] as (typeof rivals)[0]);
    assert.deepEqual(await store.check(), []);
  });

  check('lets no writer replace a newer version by an older one', async (store) => {
    await store.put(versionOf('one', 1000), null);
    const tokens = Array.from({ length: 30 }, (_, index) => 2000 + ((index * 7) % 30));
    const won: number[] = [];
    const put = async (token: number) => {
      const version = versionOf('one', token, token % 2 ? sizes.large : sizes.small);
      if (await store.put(version, 'older')) won.push(token);
    };
    const read = async () => {
      for (let newest = 0; newest < 2029; await new Promise(setImmediate)) {
        const found = await readPart(store, 'one');
        assert.ok(found && found.token >= newest, 'a reader saw an older version after a newer one');
        newest = found.token;
      }
    };
    await Promise.all([...tokens.map(put), read()]);
    assertStored(await readPart(store, 'one'), versionOf('one', 2029, sizes.large));
    assert.ok(won.includes(2029));
    assert.equal(await store.remove('one'), true);
    assert.deepEqual(await store.check(), []);
  });

  check('loses no update of writers who each go on from the version they see', async (store) => {
    const writers = 8;
    const updatesEach = 10;
    await store.put(versionOf('one', 1000), null);
    const updateOnce = async (): Promise<number> => {
      for (;;) {
        const seen = await store.record('one');
        assert.ok(seen, 'the image vanished during an update');
        const next = versionOf('one', seen.token + 1, seen.token % 2 ? sizes.large : sizes.small);
        if (!(await store.put(next, seen.token))) continue;
        const found = await readPart(store, 'one');
        assert.ok(found && found.token >= next.token, 'a version was gone once it was put');
        if (found.token === next.token) assertStored(found, next);
        return next.token;
      }
    };
    const write = async (): Promise<number[]> => {
      const tokens: number[] = [];
      while (tokens.length < updatesEach) tokens.push(await updateOnce());
      return tokens;
    };
    const won = await Promise.all(Array.from({ length: writers }, write));
    for (const tokens of won) assert.deepEqual(tokens, [...tokens].sort(ascending), 'a token went back');
    assert.deepEqual(
      won.flat().sort(ascending),
      Array.from({ length: writers * updatesEach }, (_, index) => 1001 + index),
      'two writers replaced the same version',
    );
    assert.deepEqual(await store.check(), []);
  });

  check(`shows readers one version or the next, never a mix, in ${wantedReads} reads`, async (store) => {
    const versions = Array.from({ length: 101 }, (_, index) =>
      versionOf('one', 1000 + index, index % 2 ? sizes.medium : sizes.small, ['thumb']),
    );
    await store.put(versions[0] as (typeof versions)[0], null);
    let reads = 0;
    const update = async () => {
      for (const [index, version] of versions.entries()) {
        if (index > 0) assert.equal(await store.put(version, version.token - 1), true);
        // The updates are spread evenly over the reads.
        while (reads < (wantedReads * index) / versions.length) await new Promise(setImmediate);
      }
    };
    const read = async (variant?: string) => {
      let newest = 0;
      for (; reads < wantedReads; reads += 1) {
        const found = await readPart(store, 'one', variant);
        assert.ok(found, 'the image vanished during an update');
        assertStored(found, versions[found.token - 1000] as (typeof versions)[0], variant);
        assert.ok(found.token >= newest, 'a reader saw an older version after a newer one');
        newest = found.token;
        if (reads % 10 === 0) await new Promise(setImmediate);
      }
    };
    await Promise.all([update(), read(), read('thumb'), read(), read('thumb')]);
    assert.equal((await store.record('one'))?.token, 1100);
  });
}

const ascending = (a: number, b: number) => a - b;
