import { afterAll, describe, expect, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { PixstoreError } from '../../../src/shared/index.js';
import { createFaults, describeFault, type Fault, faultKinds, type Layer } from '../support/faults.js';
import { faultyDriver } from '../support/faulty-driver.js';
import { faultyFileSystem } from '../support/faulty-file-system.js';
import {
  compromised,
  erasing,
  expectAllOrErased,
  expectFinished,
  expectWhole,
  filledPlace,
  idsWithout,
  routine,
  type Work,
  type WorkPlace,
} from './works.js';

let injected = 0;

/** What becomes of a work that may fail: nothing but an error of ours. */
async function attempt(work: Work, backend: PixstoreBackend): Promise<'done' | 'failed'> {
  try {
    await work.make(backend);
    return 'done';
  } catch (error) {
    if (!(error instanceof PixstoreError)) throw error;
    return 'failed';
  }
}

/** Does the work in a place of its own while a call to disk or database fails. @returns the calls it made */
async function doWith(fault: Fault | undefined, work: Work, filled: WorkPlace): Promise<Layer[]> {
  const place = await filled.copy();
  const faults = createFaults();
  const failing = place.open(work.masterKeys, { driver: faultyDriver(faults), fileSystem: faultyFileSystem(faults) });
  faults.arm(fault);
  const ending = await attempt(work, failing);
  const calls = faults.disarm();
  if (fault) injected += 1;
  if (!fault) expect(ending).toBe('done');

  // The process that it failed in goes on, unless all has failed since: then it is as good as killed.
  if (!fault?.lasting) {
    const isErased = await expectAllOrErased(failing, work);
    if (ending === 'done' && work.erased !== null) expect(isErased).toBe(true);
    await work.make(failing);
    expect(await expectWhole(failing)).toEqual(idsWithout(work.erased));
  }
  await failing.close();

  const next = place.open(work.masterKeys);
  await expectAllOrErased(next, work);
  await work.make(next);
  await next.close();
  await expectFinished(place, work);
  return calls;
}

/** Once only, done or not done; and for good. What the ways of failing have not in common takes turns. */
function faultsOf(layer: Layer, call: number): Fault[] {
  const kind = faultKinds[call % faultKinds.length] as Fault['kind'];
  return [
    { call, kind, mode: layer === 'database' && call % 2 ? 'rolled back' : 'instead' },
    { call, kind, mode: 'afterwards' },
    { call, kind, mode: call % 2 ? 'instead' : 'afterwards', lasting: true },
  ];
}

describe('a call to disk or database fails, any one of them or all since', () => {
  test.each([routine, compromised, erasing])(
    'during $title: every image is whole, nothing erased comes back, and doing it again finishes it',
    async (work) => {
      const filled = await filledPlace();
      const calls = await doWith(undefined, work, filled);
      for (const [index, layer] of calls.entries()) {
        // Every call is tried in one of the ways: in all of them they take minutes.
        const ways = faultsOf(layer, index + 1);
        const fault = ways[index % ways.length] as Fault;
        try {
          await doWith(fault, work, filled);
        } catch (cause) {
          throw new Error(`${describeFault(fault)}: ${(cause as Error).message}`, { cause });
        }
      }
    },
  );

  afterAll(() => console.log(`failures injected into exchanges of keys and erasing: ${injected}`));
});
