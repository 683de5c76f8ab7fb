import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ensureStrace } from '../../../scripts/ensure-strace.mjs';
import { countCalls, type KillPoint, killAt, record } from '../kill/tracer.mjs';
import { startNode } from '../support/program.mjs';
import { quickFolder } from '../support/quick-folder.js';
import { createRandom } from '../support/random.mjs';
import {
  compromised,
  erasing,
  expectAllOrErased,
  expectFinished,
  filledPlace,
  routine,
  type Work,
  type WorkPlace,
} from './works.js';

const program = fileURLToPath(new URL('./key-victim.mjs', import.meta.url));

// A sample of the moments for every `npm test`; PIXSTORE_KILLS=all tries them all.
const all = process.env.PIXSTORE_KILLS === 'all';
const sample = all ? Number.POSITIVE_INFINITY : 5;
const timeout = all ? 3_600_000 : 180_000; // ms

let kills = 0;
let finished = 0;

/** Does the work in another process. @returns whether it came to its end */
async function runVictim(
  { name }: Work,
  { settings }: WorkPlace,
  masterKeys: string[],
  beforeStart?: (pid: number) => Promise<{ ended: Promise<void> } | undefined>,
): Promise<boolean> {
  const args = [program, JSON.stringify(settings), masterKeys.join(), name];
  // One thread for files: then the n-th of their system calls is always about the same one.
  const victim = startNode(args, { UV_THREADPOOL_SIZE: '1' });
  let tracer: { ended: Promise<void> } | undefined;
  let isDone = false;
  for await (const line of victim.lines) {
    if (line === 'ready') {
      tracer = await beforeStart?.(victim.pid);
      victim.send('go');
    } else if (line === 'done') isDone = true;
  }
  const { code, signal, complaint } = await victim.ended;
  await tracer?.ended;
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the victim failed (${code ?? signal}): ${complaint}`);
  return isDone;
}

/** All system calls of the work when it is left alone. */
async function pointsOf(work: Work, filled: WorkPlace): Promise<KillPoint[]> {
  const points: KillPoint[] = [];
  for (const files of ['all', 'database'] as const) {
    const place = await filled.copy();
    const output = join(await quickFolder(), 'calls');
    expect(await runVictim(work, place, work.masterKeys, (pid) => record(pid, output, files, place.folder))).toBe(true);
    for (const [call, count] of await countCalls(output)) {
      for (let nth = 1; nth <= count; nth += 1) points.push({ call, nth, files });
    }
  }
  return points;
}

/** So many, at random. */
function choose<Item>(items: readonly Item[], count: number): Item[] {
  const random = createRandom(1);
  const places = items.map((item) => ({ item, at: random.next() })).sort((a, b) => a.at - b.at);
  return places.slice(0, count).map(({ item }) => item);
}

describe.skipIf(!(await ensureStrace()))('a process is killed at any of its system calls', () => {
  test.each([routine, compromised, erasing])(
    'during $title: every image is whole, nothing erased comes back, and doing it again finishes it',
    async (work) => {
      const filled = await filledPlace();
      const points = await pointsOf(work, filled);
      expect(points.length).toBeGreaterThan(20);
      for (const point of choose(points, sample)) {
        const place = await filled.copy();
        const kill = (pid: number) => killAt(pid, point, place.folder);
        // The second one goes on with what the first one left, and is killed at the same of its own calls.
        for (const _ of ['first', 'second']) {
          if (await runVictim(work, place, work.masterKeys, kill)) finished += 1;
          else kills += 1;
        }
        try {
          const next = place.open(work.masterKeys);
          await expectAllOrErased(next, work);
          await work.make(next);
          await next.close();
          await expectFinished(place, work);
        } catch (cause) {
          throw new Error(`killed at ${point.call} ${point.nth} (${point.files}): ${(cause as Error).message}`, {
            cause,
          });
        }
      }
      console.log(`moments of ${work.title}: ${points.length}`);
    },
    timeout,
  );

  afterAll(() => console.log(`kills during works with keys: ${kills}, and ${finished} that came too late`));
});
