import assert from 'node:assert/strict';
import { afterAll, describe, expect, test } from 'vitest';
import type { ImageVersion } from '../../src/stores/port.js';
import { assertOneOf, makeAll, nextOf, remove } from './support/changes.js';
import { describeFault, type Fault, faultKinds, type Layer } from './support/faults.js';
import { faultyPlace } from './support/faulty-place.js';
import { type Scenario, scenarios } from './support/scenarios.js';

let injected = 0;
let token = 1_000;

/** A store of its own, on which a scenario is tried again and again. */
async function createTrial(scenario: Scenario) {
  const { faults, open } = await faultyPlace();
  let store = open();
  return {
    close: () => store.close(),

    /** Runs the scenario, then checks all that must hold. @returns the calls that it made */
    async attempt(fault?: Fault): Promise<Layer[]> {
      token += 10;
      const changes = scenario(`i${token}`, token);
      for (const { before } of changes) if (before) assert.ok(await store.put(before, null));

      faults.arm(fault);
      const endings = await makeAll(store, changes);
      const calls = faults.disarm();
      if (fault) injected += 1;

      const allowed = changes.map(({ before, after }, index) => {
        if (endings[index] === 'done') return [after];
        expect(endings[index]).toBe(fault?.kind.code);
        // What was not done must not show; what was done may, although the caller was told that it failed.
        return fault?.mode === 'afterwards' ? [before, after] : [before];
      });
      const seen = await Promise.all(changes.map(({ id }, index) => assertOneOf(store, id, allowed[index] ?? [])));

      await store.close();
      store = open();
      for (const [index, { id }] of changes.entries()) await assertOneOf(store, id, [seen[index] ?? null]);
      const problems = await store.check();
      for (const { kind } of problems) expect(kind).toBe('leftover');
      // When it is the disk that failed, and not for good, even that is cleaned up at once.
      const failedOnDisk = fault && calls[fault.call - 1] === 'files' && !endings.includes('done');
      if (failedOnDisk && !fault.lasting) expect(problems).toEqual([]);
      await store.sweep();
      expect(await store.check()).toEqual([]);

      const next = changes.map(({ id }, index) => nextOf(id, seen[index] ?? null, token + 5));
      expect(await makeAll(store, next)).toEqual(next.map(() => 'done'));
      const last = next.map(({ after }) => remove(after as ImageVersion));
      expect(await makeAll(store, last)).toEqual(last.map(() => 'done'));
      expect(store.usage()).toEqual({ images: 0, bytes: 0 });
      return calls;
    },
  };
}

/** Every kind of failure of this call, and one kind (another for each call) in every other way. */
function faultsOf(layer: Layer, call: number): Fault[] {
  const kind = faultKinds[call % faultKinds.length] as Fault['kind'];
  return [
    ...faultKinds.map((each): Fault => ({ call, kind: each, mode: 'instead' })),
    { call, kind, mode: 'afterwards' },
    { call, kind, mode: 'instead', lasting: true },
    ...(layer === 'database' ? [{ call, kind, mode: 'rolled back' as const }] : []),
  ];
}

describe('a call to disk or database fails, any one of them, in any way', () => {
  test.each(Object.entries(scenarios))('%s leaves the old version or the new one, whole', async (_, scenario) => {
    const counting = await createTrial(scenario);
    const calls = await counting.attempt();
    await counting.close();
    for (const [index, layer] of calls.entries()) {
      const trial = await createTrial(scenario);
      for (const fault of faultsOf(layer, index + 1)) {
        try {
          await trial.attempt(fault);
        } catch (cause) {
          throw new Error(`${describeFault(fault)}: ${(cause as Error).message}`, { cause });
        }
      }
      await trial.close();
    }
  });

  afterAll(() => console.log(`failures injected into changes: ${injected}`));
});
