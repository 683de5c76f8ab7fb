import assert from 'node:assert/strict';
import { afterAll, describe, expect, test } from 'vitest';
import { PixstoreError } from '../../src/shared/index.js';
import type { ImageStore } from '../../src/stores/port.js';
import { assertRecord, assertStored, bytesOf, readPart, readToEnd, versionOf } from '../../src/testing/versions.js';
import { describeFault, type Fault, faultKinds } from './support/faults.js';
import { faultyPlace, large, small } from './support/faulty-place.js';

const stored = { small: versionOf('a:small', 1_000, small), large: versionOf('a:large', 1_001, large) };

/** Each asks the store for something, and checks that the answer is the right one. */
const questions: Record<string, (store: ImageStore) => Promise<void>> = {
  'reading a small image': async (store) => assertStored(await readPart(store, 'a:small'), stored.small),
  'reading a large image': async (store) => assertStored(await readPart(store, 'a:large'), stored.large),
  'reading a small image in pieces': async (store) =>
    assertStored(await readToEnd(await store.open('a:small')), stored.small),
  'reading a large image in pieces': async (store) =>
    assertStored(await readToEnd(await store.open('a:large')), stored.large),
  'looking up a record': async (store) => assertRecord(await store.record('a:large'), stored.large),
  'looking up records': async (store) =>
    expect(await store.records([{ id: 'a:small' }, { id: 'a:none' }])).toHaveLength(2),
  'listing ids': async (store) => {
    const ids: string[] = [];
    for await (const id of store.list()) ids.push(id);
    expect(ids).toEqual(['a:large', 'a:small']);
  },
  'asking for the last removed token': async (store) => expect(await store.lastRemovedToken()).toBe(900),
  'asking for the parts of an image': async (store) => expect(await store.version('a:small')).toHaveLength(1),
  'walking through all sealed keys': async (store) => {
    const ids: string[] = [];
    for await (const page of store.sealedKeys()) ids.push(...page.map(({ id }) => id));
    expect(ids).toEqual(['a:small', 'a:large']);
  },
  'asking for the key ring': async (store) => expect((await store.keyRing())?.version).toBe(1),
  'asking for the key of a folder': async (store) => expect((await store.folderKey('a'))?.generation).toBe(1),
  'asking for the keys of all folders': async (store) => {
    const folders: string[] = [];
    for await (const page of store.folderKeys()) folders.push(...page.map(({ folder }) => folder));
    expect(folders).toEqual(['a']);
  },
  'asking for the usage': async (store) => expect(await store.usage()).toEqual({ images: 2, bytes: small + large }),
  'checking the store': async (store) => expect(await store.check()).toEqual([]),
  'sweeping the store': async (store) => expect(await store.sweep()).toBe(0),
};

let injected = 0;

/** Asks with a fault: the answer is right, or the error tells what failed. */
async function askWith(fault: Fault, ask: () => Promise<unknown>): Promise<void> {
  injected += 1;
  try {
    await ask();
  } catch (error) {
    assert.ok(error instanceof PixstoreError, `${describeFault(fault)}: ${error} is no PixstoreError`);
    expect(error.code, describeFault(fault)).toBe(fault.kind.code);
  }
}

describe('a call to disk or database fails', () => {
  test.each(Object.entries(questions))('%s tells so, and is right the next time', async (_, ask) => {
    const { faults, open } = await faultyPlace();
    const store = open();
    await store.put(versionOf('gone', 900), null);
    await store.remove('gone');
    for (const version of Object.values(stored)) await store.put(version, null);
    await store.putKeyRing(bytesOf('ring', 500), 0);
    await store.addFolderKey({ folder: 'a', generation: 1, wrapped: bytesOf('key', 69) }, 1);

    faults.arm(undefined);
    await ask(store);
    const calls = faults.disarm().length;
    expect(calls).toBeGreaterThan(0);
    for (let call = 1; call <= calls; call += 1) {
      for (const kind of faultKinds) {
        const fault: Fault = { call, kind, mode: 'instead' };
        faults.arm(fault);
        await askWith(fault, () => ask(store));
        faults.disarm();
        await ask(store);
      }
    }
    for (const check of Object.values(questions)) await check(store);
    await store.close();
  });

  test('opening the store, new or not, tells so, and works the next time', async () => {
    for (const prepare of [() => {}, (open: () => ImageStore) => open().close()]) {
      for (let call = 1, calls = 1; call <= calls; call += 1) {
        for (const kind of faultKinds) {
          const { faults, open } = await faultyPlace();
          await prepare(open);
          const fault: Fault = { call, kind, mode: call % 2 ? 'instead' : 'afterwards' };
          faults.arm(fault);
          await askWith(fault, async () => open().close());
          calls = Math.max(calls, faults.disarm().length + 1);
          const store = open();
          await store.put(stored.large, null);
          await questions['reading a large image']?.(store);
          await store.close();
        }
      }
    }
  });

  afterAll(() => console.log(`failures injected into reads and openings: ${injected}`));
});
