import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import type { BlobStore } from '../../../../src/stores/split/blob-store.js';
import { splitStore } from '../../../../src/stores/split/split-store.js';
import { assertStored, readPart, versionOf } from '../../../../src/testing/versions.js';
import { allNames, ciphertextNames, namedBlobs } from '../../../support/split/blob-names.js';
import { createClock, hours } from '../../../support/split/clock.js';
import { createCopyableRows } from '../../../support/split/copyable-rows.js';

/** Blobs of which chosen writes are said to have failed, and are done later. */
function createLateBlobs(isLate: (name: string) => boolean) {
  const blobs = createMemoryBlobs();
  const late: (() => Promise<void>)[] = [];
  let isOn = true;
  const write: BlobStore['write'] = async (name, bytes) => {
    if (!isOn || !isLate(name)) return blobs.write(name, bytes);
    const kept = bytes.slice();
    late.push(() => blobs.write(name, kept));
    throw new Error('timed out');
  };
  return {
    blobs: { ...blobs, write },
    late,
    /** What was late is done, and nothing is late any more. */
    async land() {
      isOn = false;
      for (const each of late.splice(0)) await each();
    },
  };
}

const kinds: [string, (name: string) => boolean][] = [
  ['a ciphertext', (name) => !/\/(epochs|sessions)\//.test(name)],
  ['the mark of a session', (name) => name.includes('/sessions/')],
  ['the mark of a store', (name) => name.includes('/epochs/')],
];

test.each(kinds)('%s that lands long after it was said to have failed does no harm, and goes', async (_, isLate) => {
  const { blobs, late, land } = createLateBlobs(isLate);
  const clock = createClock();
  const { rows } = createCopyableRows();
  const open = () => splitStore(rows, blobs, { now: clock.now, sweepAge: 0 });
  const [store, other] = [open(), open()];
  for (let count = 0; count < 3; count += 1) {
    await expect(store.put(versionOf('one', 1000, 500), null)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  }
  expect(late).toHaveLength(3);
  await other.sweep();
  clock.pass(50 * 60_000);
  await other.sweep();
  await land();
  expect(await other.check()).toSatisfy((problems: { kind: string }[]) =>
    problems.every(({ kind }) => kind === 'leftover'),
  );
  expect(await store.put(versionOf('one', 1000, 500), null)).toBe(true);
  expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });

  await store.close();
  clock.pass(hours(3));
  const later = open();
  await later.sweep();
  expect(await later.check()).toEqual([]);
  expect(await later.health?.()).toEqual({ status: 'ok', problems: [] });
  assertStored(await readPart(later, 'one'), versionOf('one', 1000, 500));
  expect(await ciphertextNames(blobs)).toEqual(await namedBlobs(rows));
  // The session that has the image, and no other.
  expect((await allNames(blobs)).filter((name) => name.includes('/sessions/'))).toHaveLength(1);
});

test('sessions that have ended are forgotten, with their marks, once nothing can land in them any more', async () => {
  const clock = createClock();
  const blobs = createMemoryBlobs();
  const { rows } = createCopyableRows();
  const marks = async () => (await allNames(blobs)).filter((name) => name.includes('/sessions/')).length;
  const store = splitStore(rows, blobs, { now: clock.now });
  for (let index = 0; index < 3; index += 1) {
    await store.put(versionOf(`id${index}`, 1000 + index, 500), null);
    await store.remove(`id${index}`);
    clock.pass(hours(1) + 1);
  }
  expect(await marks()).toBe(3);
  await store.sweep();
  expect(await marks()).toBe(1);
  clock.pass(hours(3));
  await store.sweep();
  expect(await marks()).toBe(0);
  expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
});

test('a session that cannot be forgotten keeps a sweep from no other', async () => {
  const clock = createClock();
  const memory = createMemoryBlobs();
  let stuck: string | undefined;
  const remove: BlobStore['remove'] = async (name) => {
    if (name === stuck) throw new Error('there is none');
    await memory.remove(name);
  };
  const warnings: unknown[] = [];
  const logger = { info() {}, warn: (text: unknown) => void warnings.push(text), error() {} };
  const { rows } = createCopyableRows();
  const store = splitStore(rows, { ...memory, remove }, { now: clock.now, logger });
  const marks = async () => (await allNames(memory)).filter((name) => name.includes('/sessions/'));
  for (let index = 0; index < 3; index += 1) {
    await store.put(versionOf(`id${index}`, 1000 + index, 500), null);
    await store.remove(`id${index}`);
    clock.pass(hours(2));
  }
  clock.pass(hours(3));
  [stuck] = await marks();
  await store.sweep();
  expect(await marks()).toEqual([stuck]);
  expect(warnings).toHaveLength(1);
  stuck = undefined;
  await store.sweep();
  expect(await marks()).toEqual([]);
});
