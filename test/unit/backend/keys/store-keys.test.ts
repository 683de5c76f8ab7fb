import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { decodeKeyRing, encodeKeyRing, readKeyRing } from '../../../../src/backend/keys/key-ring.js';
import type { KeyWrapper } from '../../../../src/backend/keys/key-wrapper.js';
import { deriveMasterKey, type MasterKey } from '../../../../src/backend/keys/master-key.js';
import { wrappersOf } from '../../../../src/backend/keys/master-key-wrapper.js';
import { rotateMasterKey } from '../../../../src/backend/keys/rotation.js';
import { sealKey } from '../../../../src/backend/keys/sealing.js';
import { createStoreKeys, type StoreKeys } from '../../../../src/backend/keys/store-keys.js';
import { findDriver } from '../../../../src/stores/local/driver.js';
import { openLocalStore } from '../../../../src/stores/local/local-store.js';
import { createMemoryStore } from '../../../../src/stores/memory/memory-store.js';
import { generationOf, type ImageStore, type PartRecord } from '../../../../src/stores/port.js';
import { failure } from '../../../support/errors.js';
import { temporaryFolder } from '../../../support/folders.js';
import { countingWrapper } from '../../../support/wrappers.js';

const [one, two] = [1, 2].map((byte) => deriveMasterKey(new Uint8Array(32).fill(byte))) as [MasterKey, MasterKey];
const proofLifetime = 40_000;
const image = { key: new Uint8Array(32).fill(5), info: { format: 'png', width: 7, height: 9 } } as const;

/** The keys of a store, in a process that has these master keys or wrappers. */
function processOf(store: ImageStore, ...masterKeys: [MasterKey | KeyWrapper, ...(MasterKey | KeyWrapper)[]]) {
  const clock = { now: 1_700_000_000_000 };
  const lost: unknown[] = [];
  const keys = createStoreKeys({
    ...{ store, proofLifetime, randomBytes, wrappers: wrappersOf(masterKeys, randomBytes) },
    masters: masterKeys.filter((key): key is MasterKey => 'wrappingKey' in key),
    now: () => clock.now,
    onLost: (error) => lost.push(error),
  });
  return { keys, clock, lost };
}

/** A store that answers later, as one behind a network does. */
function laterStore(): ImageStore {
  const store = createMemoryStore();
  return {
    ...store,
    supports: { ...store.supports, syncRecords: false },
    keyRing: async () => store.keyRing(),
    folderKey: async (folder) => store.folderKey(folder),
  };
}

let lastToken = 1_000;

/** Seals an image's key and keeps it. @returns what the store tells of it */
async function save(store: ImageStore, keys: StoreKeys, id: string): Promise<PartRecord> {
  lastToken += 1;
  const folderKey = await keys.folderKey(id.split(':')[0] ?? '');
  const sealedKey = sealKey(image, { id, token: lastToken }, folderKey, randomBytes);
  const part = { sealedKey, iv: new Uint8Array(12), tag: new Uint8Array(16), ciphertext: new Uint8Array(1) };
  expect(await store.put({ id, token: lastToken, parts: [part] }, null)).toBe(true);
  return (await store.record(id)) as PartRecord;
}

async function rotate(store: ImageStore, keys: StoreKeys, compromised = false): Promise<void> {
  for await (const _ of rotateMasterKey({ store, keys, proofLifetime }, { compromised }));
}

const ringOf = async (store: ImageStore) => decodeKeyRing((await store.keyRing())?.bytes ?? new Uint8Array());

function expectOpens(keys: StoreKeys, part: PartRecord): void {
  const { key, info } = keys.unseal(part);
  expect({ key: Uint8Array.from(key), info }).toEqual(image);
}

describe('the keys of a store', () => {
  test('are made when something is to be sealed, and not before', async () => {
    const store = createMemoryStore();
    const { keys } = processOf(store, one);
    await keys.open();
    expect(keys.proofKeys().map(({ key }) => key)).toEqual([one.proofKey]);
    expect(store.keyRing()).toBeNull();
    const part = await save(store, keys, 'a:k');
    expect((await ringOf(store)).map(({ purpose }) => purpose)).toEqual(['store', 'proof']);
    expect(store.folderKey('a')).toMatchObject({ generation: 1 });
    expectOpens(keys, part);
  });

  test('are made once, and each folder key once, however many ask at the same time', async () => {
    const store = createMemoryStore();
    const [putKeyRing, addFolderKey] = [vi.spyOn(store, 'putKeyRing'), vi.spyOn(store, 'addFolderKey')];
    const { keys } = processOf(store, one);
    await save(store, keys, 'b:first');
    const saving = Array.from({ length: 20 }, (_, index) => save(store, keys, `a:k${index}`));
    for (const part of await Promise.all(saving)) expectOpens(keys, part);
    expect(putKeyRing).toHaveBeenCalledTimes(1);
    expect(addFolderKey.mock.calls.map(([{ folder }]) => folder)).toEqual(['b', 'a']);
  });

  test('are those of whoever was first, when two processes make them at once', async () => {
    const store = createMemoryStore();
    const [first, second] = [processOf(store, one), processOf(store, one)];
    const parts = await Promise.all([save(store, first.keys, 'a:1'), save(store, second.keys, 'a:2')]);
    for (const { keys } of [first, second]) for (const part of parts) expectOpens(keys, part);
    expect(await ringOf(store)).toHaveLength(2);
    expect(store.folderKey('a')).toMatchObject({ generation: 1 });
  });

  test('are given at once where the store answers at once and the folder has one', async () => {
    const store = createMemoryStore();
    const { keys } = processOf(store, one);
    await keys.folderKey('a');
    expect(keys.folderKey('a')).not.toBeInstanceOf(Promise);
    expect(keys.folderKey('b')).toBeInstanceOf(Promise);
    expect(processOf(laterStore(), one).keys.folderKey('a')).toBeInstanceOf(Promise);
  });

  test('take those of master keys along that have sealed images by themselves, so that these still open', async () => {
    const store = { ...createMemoryStore(), masterKeyIds: () => [two.id] };
    const { keys, clock } = processOf(store, one, two);
    await keys.open();
    await keys.folderKey('a');
    const ring = await ringOf(store);
    expect(ring.filter(({ purpose }) => purpose === 'sealing').map(({ id }) => id)).toEqual([two.id]);
    // Proofs go on as before for an hour, since processes of an older pixstore know no others.
    const hour = 3_600_000;
    expect(ring.filter(({ purpose }) => purpose === 'proof').map(({ from }) => from)).toEqual([
      clock.now + hour,
      0,
      -1,
    ]);
  });

  test('are not made where something was sealed with a master key that is not at hand', async () => {
    const store = { ...createMemoryStore(), masterKeyIds: () => [two.id] };
    await failure('MASTER_KEY_MISMATCH', () => processOf(store, one).keys.open());
    await processOf(store, one, two).keys.open();
  });

  test('do not open without what wrapped them', async () => {
    const store = createMemoryStore();
    await processOf(store, one).keys.folderKey('a');
    await failure('MASTER_KEY_MISMATCH', () => processOf(store, two).keys.open());
  });

  test('are given up when others change them again and again', async () => {
    const store = { ...createMemoryStore(), addFolderKey: async () => false };
    await failure('STORAGE_FAILED', () => processOf(store, one).keys.folderKey('a'));
  });
});

describe('the key of a folder', () => {
  test('gets its next generation when it has sealed 2^31 keys, and what was sealed before still opens', async () => {
    const memory = createMemoryStore();
    const counted = { sealed: 2 ** 31 - 1 };
    const store: ImageStore = {
      ...memory,
      folderKey(folder) {
        const found = memory.folderKey(folder);
        return found && !(found instanceof Promise) && found.generation === 1 ? { ...found, ...counted } : found;
      },
    };
    const { keys } = processOf(store, one);
    const before = await save(store, keys, 'a:before');
    expect(generationOf((await save(store, keys, 'a:last')).sealedKey)).toBe(1);
    counted.sealed += 1;
    const after = await save(store, keys, 'a:after');
    expect(generationOf(after.sealedKey)).toBe(2);
    expect(generationOf((await save(store, keys, 'a:later')).sealedKey)).toBe(2);
    for (const part of [before, after]) expectOpens(keys, part);
  });

  test('does so by the count that the local store has of it', async () => {
    const folder = await temporaryFolder();
    const databasePath = join(folder, 'db.sqlite');
    const store = openLocalStore({ databasePath, imageRootDir: join(folder, 'images'), writer: 'inline' });
    onTestFinished(() => store.close());
    const { keys } = processOf(store, one);
    const before = await save(store, keys, 'a:before');
    await save(store, keys, 'b:other');
    const database = findDriver()(databasePath);
    database.exec(`INSERT OR REPLACE INTO sealed_counts SELECT number, ${2 ** 31} FROM folder_keys WHERE folder = 'a'`);
    database.close();
    await nextTurn();
    const after = await save(store, keys, 'a:after');
    expect([before, after].map(({ sealedKey }) => generationOf(sealedKey))).toEqual([1, 2]);
    expect(generationOf((await save(store, keys, 'b:third')).sealedKey)).toBe(1);
    expectOpens(keys, (await store.record('a:before')) as PartRecord);
  });

  test('is another one after it was destroyed', async () => {
    const store = createMemoryStore();
    const { keys } = processOf(store, one);
    await save(store, keys, 'a:k');
    await store.eraseFolder('a');
    const after = await save(store, keys, 'a:k');
    expect(generationOf(after.sealedKey)).toBe(2);
    expectOpens(keys, after);
  });

  test('is wrapped anew when the keys of the store change before it is kept', async () => {
    const memory = createMemoryStore();
    const other = processOf(memory, one);
    await other.keys.folderKey('b');
    const added: number[] = [];
    const store: ImageStore = {
      ...memory,
      async addFolderKey(key, ringVersion) {
        if (added.push(ringVersion) === 1) await rotate(memory, other.keys, true);
        return memory.addFolderKey(key, ringVersion);
      },
    };
    const { keys } = processOf(store, one);
    await keys.open();
    const part = await save(store, keys, 'a:k');
    expect(added[0]).toBe(1);
    expect(added.length).toBe(2);
    for (const each of [keys, other.keys]) expectOpens(each, part);
  });

  test('opens images of its own folder alone', async () => {
    const store = createMemoryStore();
    const { keys } = processOf(store, one);
    const [a, b] = [await save(store, keys, 'a:k'), await save(store, keys, 'b:k')];
    await failure('SEALED_KEY_INVALID', () => keys.unseal({ ...a, folderKey: b.folderKey }));
    await failure('SEALED_KEY_INVALID', () => keys.unseal({ ...a, folderKey: null }));
    // A row that says of another folder's key that it is this one's, also where this one's is known.
    const moved = b.folderKey && { ...b.folderKey, folder: 'a' };
    expectOpens(keys, a);
    for (const each of [keys, processOf(store, one).keys]) {
      await failure('SEALED_KEY_INVALID', () => each.unseal({ ...a, folderKey: moved }));
    }
  });
});

describe('keys that another process has changed', () => {
  test.each([false, true])('are followed at once (compromised: %s)', async (compromised) => {
    const store = createMemoryStore();
    const [here, there] = [processOf(store, one, two), processOf(store, two, one)];
    await save(store, here.keys, 'a:before');
    const proofKeys = here.keys.proofKeys();
    await rotate(store, there.keys, compromised);
    const [latest] = here.keys.proofKeys();
    expect(latest).toEqual(there.keys.proofKeys()[0]);
    expect(proofKeys).not.toContainEqual(latest);
    expectOpens(here.keys, (await store.record('a:before')) as PartRecord);
    for (const keys of [here.keys, there.keys]) expectOpens(keys, await save(store, keys, `a:${keys === here.keys}`));
    expect(here.lost).toEqual([]);
    expect(here.keys.trouble()).toBeUndefined();
  });

  test('that do not open leave what is known, are told of once, and keep new images from being sealed', async () => {
    const store = createMemoryStore();
    const [here, there] = [processOf(store, one), processOf(store, two, one)];
    const before = await save(store, here.keys, 'a:before');
    await rotate(store, there.keys);
    expectOpens(here.keys, before);
    for (let times = 0; times < 3; times += 1) {
      expect(here.keys.proofKeys()).toHaveLength(1);
      here.clock.now += 1_000;
    }
    expect(here.lost).toHaveLength(1);
    expect(here.keys.trouble()).toMatchObject({ code: 'MASTER_KEY_MISMATCH' });
    await failure('MASTER_KEY_MISMATCH', async () => here.keys.folderKey('b'));
    await failure('MASTER_KEY_MISMATCH', () => here.keys.ring());
  });

  test('that do not open end here what has ended there', async () => {
    const store = createMemoryStore();
    const [here, there] = [processOf(store, one), processOf(store, two, one)];
    const before = await save(store, here.keys, 'a:before');
    await rotate(store, there.keys);
    expect(here.keys.proofKeys()).toMatchObject([{ until: there.clock.now + proofLifetime }]);
    await rotate(store, there.keys, true);
    expect(here.keys.proofKeys()).toEqual([]);
    const part = (await store.record(before.id)) as PartRecord;
    await failure('MASTER_KEY_MISMATCH', () => here.keys.unseal(part));
  });

  test('that are damaged end nothing that is known', async () => {
    const store = createMemoryStore();
    const { keys, lost } = processOf(store, one);
    const before = await save(store, keys, 'a:before');
    await store.putKeyRing(Buffer.from('{"version":1,"keys":[{}]}'), 1);
    expect(keys.proofKeys()).toHaveLength(1);
    expectOpens(keys, before);
    expect(lost).toMatchObject([{ code: 'SEALED_KEY_INVALID' }]);
    await failure('SEALED_KEY_INVALID', async () => keys.folderKey('b'));
  });

  test('are found within two seconds in a store that answers later, which is asked once a second', async () => {
    const store = laterStore();
    const [here, there] = [processOf(store, one, two), processOf(store, two, one)];
    await save(store, here.keys, 'a:before');
    expect(here.keys.noticedAfter).toBe(2_000);
    await rotate(store, there.keys);
    const keyRing = vi.spyOn(store, 'keyRing');
    for (let times = 0; times < 5; times += 1) here.keys.proofKeys();
    expect(keyRing).not.toHaveBeenCalled();
    here.clock.now += 1_000;
    expect(here.keys.proofKeys()).toHaveLength(1);
    await nextTurn();
    expect(keyRing).toHaveBeenCalledTimes(1);
    // The new one begins to make proofs when all know of it.
    expect(here.keys.proofKeys().map(({ from }) => from)).toEqual([there.clock.now + 2_000, 0]);
  });
});

describe('a key wrapper that answers later', () => {
  test('is asked when the keys are made and at opening, once for each key, and for no image', async () => {
    const store = createMemoryStore();
    const { wrapper, asked } = countingWrapper('kms:one');
    const first = processOf(store, wrapper);
    await first.keys.open();
    const made = (await ringOf(store)).length;
    expect(asked.wrap).toBe(made);
    const part = await save(store, first.keys, 'a:k');
    expect(asked.wrap).toBe(made);
    Object.assign(asked, { wrap: 0, unwrap: 0 });
    const second = processOf(store, wrapper);
    await second.keys.open();
    expect(asked).toEqual({ wrap: 0, unwrap: made });
    for (const { keys } of [first, second]) {
      expectOpens(keys, part);
      expectOpens(keys, await save(store, keys, `b:${keys === first.keys}`));
      keys.proofKeys();
    }
    expect(asked).toEqual({ wrap: 0, unwrap: made });
  });

  test('takes over from a master key, and hands over to one, by a rotation', async () => {
    const store = createMemoryStore();
    const { wrapper, asked } = countingWrapper('kms:one');
    const part = await save(store, processOf(store, one).keys, 'a:k');
    const over = processOf(store, wrapper, one);
    await over.keys.open();
    expect(asked).toEqual({ wrap: 0, unwrap: 0 });
    await rotate(store, over.keys);
    expect(new Set((await ringOf(store)).map((key) => key.wrapper))).toEqual(new Set(['kms:one']));
    await failure('MASTER_KEY_MISMATCH', () => processOf(store, one).keys.open());
    const alone = processOf(store, wrapper);
    await alone.keys.open();
    expectOpens(alone.keys, part);
    const back = processOf(store, two, wrapper);
    await back.keys.open();
    await rotate(store, back.keys);
    const last = processOf(store, two);
    await last.keys.open();
    expectOpens(last.keys, part);
  });

  test('is asked for what another process has added, while what is known goes on', async () => {
    const store = createMemoryStore();
    const { wrapper, asked } = countingWrapper('kms:one');
    const [here, there] = [processOf(store, wrapper), processOf(store, wrapper)];
    const part = await save(store, here.keys, 'a:k');
    await there.keys.open();
    await rotate(store, there.keys);
    asked.unwrap = 0;
    const [proofKey] = there.keys.proofKeys();
    expect(here.keys.proofKeys()).not.toContainEqual(proofKey);
    expectOpens(here.keys, part);
    await here.keys.folderKey('b');
    expect(here.keys.proofKeys()).toContainEqual(proofKey);
    expect(asked.unwrap).toBe(1);
  });

  test('that fails then is asked again a second later, and nothing is lost meanwhile', async () => {
    const store = createMemoryStore();
    const { wrapper, asked, state } = countingWrapper('kms:one');
    const [here, there] = [processOf(store, wrapper), processOf(store, wrapper)];
    const part = await save(store, here.keys, 'a:k');
    await there.keys.open();
    await rotate(store, there.keys);
    state.error = new Error('the KMS is down');
    asked.unwrap = 0;
    for (let times = 0; times < 3; times += 1) {
      here.keys.proofKeys();
      await nextTurn();
    }
    expect(asked.unwrap).toBe(1);
    expect(here.lost).toMatchObject([{ code: 'KEY_WRAPPER_FAILED', cause: state.error }]);
    expectOpens(here.keys, part);
    await failure('KEY_WRAPPER_FAILED', async () => here.keys.folderKey('b'));
    state.error = undefined;
    here.clock.now += 1_000;
    expectOpens(here.keys, await save(store, here.keys, 'b:k'));
    expect(here.keys.trouble()).toBeUndefined();
    expect(here.keys.proofKeys()).toEqual(there.keys.proofKeys());
    expect(here.lost).toHaveLength(1);
  });

  test('that is down keeps a store from opening, and lets it open when it is up again', async () => {
    const store = createMemoryStore();
    const { wrapper, state } = countingWrapper('kms:one');
    const part = await save(store, processOf(store, wrapper).keys, 'a:k');
    state.error = new Error('the KMS is down');
    const { keys } = processOf(store, wrapper);
    await failure('KEY_WRAPPER_FAILED', () => keys.open());
    state.error = undefined;
    await keys.open();
    expectOpens(keys, part);
  });
});

describe('the key ring', () => {
  test('is replaced only for who knows the one that is stored', async () => {
    const store = createMemoryStore();
    const { keys } = processOf(store, one);
    const { keys: list, set } = await keys.ring();
    const wrapped = list.map((each) => each.wrapped);
    expect(set.version).toBe(1);
    expect(await keys.replaceRing(wrapped, 0)).toBe(false);
    expect(await keys.replaceRing(wrapped, 1)).toBe(true);
    expect((await keys.ring()).set.version).toBe(2);
    const { bytes = new Uint8Array() } = (await store.keyRing()) ?? {};
    expect(Buffer.from(encodeKeyRing(wrapped, readKeyRing(bytes).owner)).equals(bytes)).toBe(true);
  });

  test('is opened once for many look-ups', async () => {
    const store = createMemoryStore();
    const { wrapper, asked } = countingWrapper('kms:one', { later: false });
    await save(store, processOf(store, wrapper).keys, 'a:k');
    const { keys } = processOf(store, wrapper);
    await keys.open();
    const { unwrap } = asked;
    for (let times = 0; times < 100; times += 1) keys.proofKeys();
    expect(asked.unwrap).toBe(unwrap);
  });
});
