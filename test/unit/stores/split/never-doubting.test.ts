import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../../../src/stores/memory/memory-blobs.js';
import type { BlobStore } from '../../../../src/stores/split/blob-store.js';
import type { RowStore } from '../../../../src/stores/split/row-store.js';
import { splitStore } from '../../../../src/stores/split/split-store.js';
import { assertStored, readPart, versionOf } from '../../../../src/testing/versions.js';
import { createRandom, type Random } from '../../../fault/support/random.mjs';
import { ciphertextNames, namedBlobs } from '../../../support/split/blob-names.js';
import { createClock, hours } from '../../../support/split/clock.js';
import { createCopyableRows } from '../../../support/split/copyable-rows.js';

const size = 300;

/** Every call takes some turns of the loop before it is done and after, so that those of two processes mix anyhow. */
function unevenly<Target extends object>(target: Target, random: Random): Target {
  const wait = async () => {
    const most = random.below(20) === 0 ? 100 : 4; // now and then one is stuck
    for (let turns = random.below(most); turns > 0; turns -= 1) await new Promise(setImmediate);
  };
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const walkOrAnswer = () => member.apply(target, args) as unknown;
        if (walks.has(String(name))) return slowly(walkOrAnswer as () => Iterable<unknown>, wait);
        return wait()
          .then(walkOrAnswer)
          .then((answer) => wait().then(() => answer));
      };
    },
  });
}

const walks = new Set(['list', 'sealedKeys', 'folderKeys', 'partsInBlobs', 'givenUpBlobs', 'endedSessions']);

async function* slowly(begin: () => Iterable<unknown>, wait: () => Promise<void>) {
  await wait();
  for await (const item of begin()) {
    yield item;
    await wait();
  }
}

/** A process that saves, updates, deletes, sweeps, starts anew, and whose clock is not quite right. */
function createProcess(rows: RowStore, blobs: BlobStore, clock: { now(): number }, name: string, random: Random) {
  const kept = new Map<string, number>();
  const warnings: unknown[] = [];
  const behind = random.pick([-3_000, 0, 3_000]);
  const sweepAge = random.pick([0, 1_000, hours(1)]);
  const open = () =>
    splitStore(unevenly(rows, random), unevenly(blobs, random), {
      sweepAge,
      now: () => clock.now() + behind,
      logger: { info() {}, warn: (text) => void warnings.push(text), error() {} },
    });
  let store = open();
  let token = 1000;

  const acts: (() => Promise<unknown>)[] = [
    async () => {
      token += 1;
      const id = `${name}-${token}`;
      if (await store.put(versionOf(id, token, size), null)) kept.set(id, token);
    },
    async () => {
      const [id, current] = random.pick([...kept]) ?? [];
      if (!id || !current) return;
      token += 1;
      expect(await store.put(versionOf(id, token, size), current)).toBe(true);
      kept.set(id, token);
    },
    async () => {
      const [id] = random.pick([...kept]) ?? [];
      if (id) kept.delete(id);
      if (id) expect(await store.remove(id)).toBe(true);
    },
    () => store.sweep(),
    () => store.check(),
    async () => {
      await store.close();
      store = open();
    },
  ];
  return { kept, warnings, act: () => random.pick(acts)(), close: () => store.close() };
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'processes on the same rows never doubt each other (%i)',
  async (seed) => {
    const random = createRandom(seed);
    const clock = createClock();
    const { rows } = createCopyableRows();
    const blobs = createMemoryBlobs();
    const processes = ['a', 'b', 'c'].map((name) => createProcess(rows, blobs, clock, name, random));
    await Promise.all(
      processes.map(async ({ act }) => {
        for (let count = 0; count < 25; count += 1) {
          clock.pass(random.below(4) * 60_000);
          await act();
        }
      }),
    );
    for (const { close, warnings } of processes) {
      await close();
      expect(warnings).toEqual([]);
    }
    expect(await rows.identity()).toMatchObject({ isAdopted: true });

    clock.pass(hours(5));
    const last = splitStore(rows, blobs, { now: clock.now });
    await last.sweep();
    expect(await last.check()).toEqual([]);
    for (const { kept } of processes) {
      for (const [id, token] of kept) assertStored(await readPart(last, id), versionOf(id, token, size));
    }
    expect((await ciphertextNames(blobs)).sort()).toEqual(await namedBlobs(rows));
  },
);
