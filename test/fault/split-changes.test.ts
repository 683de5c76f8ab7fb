import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { createMemoryBlobs } from '../../src/stores/memory/memory-blobs.js';
import type { ImageVersion } from '../../src/stores/port.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { assertStored, readPart, versionOf } from '../../src/testing/versions.js';
import { asynchronous } from '../support/split/asynchronous-rows.js';
import { ciphertextNames, namedBlobs } from '../support/split/blob-names.js';
import { createClock, hours } from '../support/split/clock.js';
import { createCopyableRows } from '../support/split/copyable-rows.js';
import { assertOneOf, makeAll, nextOf, remove } from './support/changes.js';
import { large, small } from './support/faulty-place.js';
import { createRandom } from './support/random.mjs';
import { type Scenario, scenarios } from './support/scenarios.js';

/** How a call to rows or blobs fails: before it was done or after, it alone or all that follow. */
interface Fault {
  call: number;
  isDone: boolean;
  isLasting: boolean;
  /** A commit tells it as its outcome, though it may be wrong in being so certain; else it throws. */
  isTold: boolean;
}

const inlineUpTo = 1_000;
const silent = { info() {}, warn() {}, error() {} };

/** Rows and blobs of which any call may fail, stores on them, and a clock. */
function createFaultyPlace() {
  const clock = createClock();
  const { rows } = createCopyableRows(inlineUpTo);
  const blobs = createMemoryBlobs();
  let calls = 0;
  let isFailing: (call: number) => Pick<Fault, 'isDone' | 'isTold'> | null = () => null;

  async function through(work: () => unknown, isCommit = false): Promise<unknown> {
    calls += 1;
    const fault = isFailing(calls);
    if (!fault) return work();
    if (fault.isDone) await work();
    const error = new Error('the test failed it');
    if (isCommit && fault.isTold) return { kind: 'failed', error, uncertain: false };
    throw error;
  }

  async function* walk<Item>(begin: () => AsyncIterable<Item>): AsyncGenerator<Item> {
    yield* (await through(begin)) as AsyncIterable<Item>;
  }

  function faulty<Target extends object>(target: Target): Target {
    return new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function' || name === 'close') return member;
        const isWalk = ['list', 'sealedKeys', 'folderKeys', 'partsInBlobs', 'givenUpBlobs', 'endedSessions'].includes(
          String(name),
        );
        if (isWalk) return (...args: unknown[]) => walk(() => member.apply(target, args) as AsyncIterable<unknown>);
        return (...args: unknown[]) =>
          through(() => member.apply(target, args), ['put', 'addParts'].includes(String(name)));
      },
    });
  }

  return {
    rows,
    blobs,
    clock,
    open: () => splitStore(faulty(asynchronous(rows)), faulty(blobs), { now: clock.now, logger: silent }),
    arm(decide: typeof isFailing) {
      calls = 0;
      isFailing = decide;
    },
    /** @returns the calls made since `arm` */
    disarm() {
      isFailing = () => null;
      return calls;
    },
    /** The blobs that are there are those that rows name. */
    async requireNothingLeft() {
      expect((await ciphertextNames(blobs)).sort()).toEqual(await namedBlobs(rows));
    },
  };
}

/** Runs a scenario on a store of its own, then checks all that must hold. @returns the calls that it made */
async function attempt(scenario: Scenario, fault?: Fault): Promise<number> {
  const place = createFaultyPlace();
  let store = place.open();
  const changes = scenario('i', 1_000);
  for (const { before } of changes) if (before) assert.ok(await store.put(before, null));
  place.clock.pass(hours(2)); // so that a new session begins

  place.arm((call) => (fault && (call === fault.call || (fault.isLasting && call > fault.call)) ? fault : null));
  const endings = await makeAll(store, changes);
  const calls = place.disarm();

  const allowed = changes.map(({ before, after }, index) => {
    if (endings[index] === 'done') return [after];
    expect(endings[index]).toBe('STORAGE_FAILED');
    // What was not done must not show; what was done may, although the caller was told that it failed.
    return fault?.isDone ? [before, after] : [before];
  });
  const seen = await Promise.all(changes.map(({ id }, index) => assertOneOf(store, id, allowed[index] ?? [])));

  await store.close();
  store = place.open();
  for (const [index, { id }] of changes.entries()) await assertOneOf(store, id, [seen[index] ?? null]);
  for (const { kind } of await store.check()) expect(kind).toBe('leftover');
  expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
  place.clock.pass(hours(3));
  await store.sweep();
  expect(await store.check()).toEqual([]);
  await place.requireNothingLeft();

  const next = changes.map(({ id }, index) => nextOf(id, seen[index] ?? null, 2_000));
  expect(await makeAll(store, next)).toEqual(next.map(() => 'done'));
  const last = next.map(({ after }) => remove(after as ImageVersion));
  expect(await makeAll(store, last)).toEqual(last.map(() => 'done'));
  expect(await store.usage()).toEqual({ images: 0, bytes: 0 });
  return calls;
}

describe('a call to rows or blobs fails, any one of them, before or after it was done, alone or with all that follow', () => {
  test.each(Object.entries(scenarios))('%s leaves the old version or the new one, whole', async (_, scenario) => {
    const calls = await attempt(scenario);
    for (let call = 1; call <= calls; call += 1) {
      for (const isDone of [false, true]) {
        for (const [isLasting, isTold] of [
          [false, false],
          [false, true],
          [true, false],
        ] as const) {
          const fault = { call, isDone, isLasting, isTold };
          await attempt(scenario, fault).catch((cause) => {
            throw new Error(`${JSON.stringify(fault)}: ${cause.message}`, { cause });
          });
        }
      }
    }
  });
});

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'calls fail at random, and nothing is lost or torn (%i)',
  async (seed) => {
    const random = createRandom(seed);
    const place = createFaultyPlace();
    const stores = [place.open(), place.open()];
    const known = new Map<string, ImageVersion | null>();
    let token = 1_000;

    async function change(id: string): Promise<void> {
      const store = random.pick(stores);
      const before = known.get(id) ?? null;
      token += 1;
      const size = random.pick([small, large]);
      const isRemoval = before !== null && random.below(3) === 0;
      const after = isRemoval ? null : versionOf(id, token, size, random.pick([[], ['thumb']]));
      place.arm(() =>
        random.below(12) === 0 ? { isDone: random.below(2) === 0, isTold: random.below(2) === 0 } : null,
      );
      const work = after ? store.put(after, before?.token ?? null) : store.remove(id);
      const isDone = await work.then(
        (answer) => assert.equal(answer, true) ?? true,
        () => false,
      );
      if (random.below(4) === 0) await store.sweep().catch(() => {});
      place.disarm();
      known.set(id, await assertOneOf(random.pick(stores), id, isDone ? [after] : [before, after]));
    }

    for (let count = 0; count < 60; count += 1) {
      place.clock.pass(random.below(30) * 60_000);
      await change(`id${random.below(5)}`);
    }

    for (const store of stores) await store.close();
    place.clock.pass(hours(3));
    const store = place.open();
    await store.sweep();
    expect(await store.check()).toEqual([]);
    expect(await store.health?.()).toEqual({ status: 'ok', problems: [] });
    for (const [id, version] of known) {
      if (version) assertStored(await readPart(store, id), version);
      else expect(await store.record(id)).toBeNull();
    }
    await place.requireNothingLeft();
  },
);
