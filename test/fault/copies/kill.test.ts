import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { ensureStrace } from '../../../scripts/ensure-strace.mjs';
import { copyStore, type LocalStoreOptions, listBackups, openLocalStore } from '../../../src/backend/index.js';
import { PixstoreError } from '../../../src/shared/errors/pixstore-error.js';
import { backendOn, contentsOf, last } from '../../contract/copies/places.js';
import { quietLogger } from '../../support/backend.js';
import { oldKey } from '../../support/keys.js';
import { filledPlace, type WorkPlace } from '../keys/works.js';
import { countCalls, type KillPoint, killAt, record } from '../kill/tracer.mjs';
import { startNode } from '../support/program.mjs';
import { quickFolder } from '../support/quick-folder.js';
import { createRandom } from '../support/random.mjs';

const program = fileURLToPath(new URL('./copy-victim.mjs', import.meta.url));

// A sample of the moments for every `npm test`; PIXSTORE_KILLS=all tries them all.
const all = process.env.PIXSTORE_KILLS === 'all';
const sample = all ? Number.POSITIVE_INFINITY : 6;
const timeout = all ? 3_600_000 : 180_000; // ms

let kills = 0;
let finished = 0;

type Work = 'backup' | 'restore' | 'copy';

/** A store, and where it goes. */
interface Scene {
  from: WorkPlace;
  /** Folder of backups. */
  place: string;
  to: LocalStoreOptions;
}

const openOn = (settings: LocalStoreOptions) =>
  backendOn(openLocalStore({ ...settings, writer: 'inline', logger: quietLogger() }), { masterKey: oldKey });

async function sceneFor(work: Work, filled: WorkPlace): Promise<Scene> {
  const from = await filled.copy();
  const place = join(from.folder, 'backups');
  if (work === 'restore') {
    const backend = openOn(from.settings);
    await last(backend.backUpTo(place));
    await backend.close();
  }
  const folder = join(from.folder, 'new');
  const to = { ...from.settings, databasePath: join(folder, 'images.sqlite'), imageRootDir: join(folder, 'images') };
  return { from, place, to };
}

/** Does the work in another process. @returns whether it came to its end */
async function runVictim(
  work: Work,
  { from, place, to }: Scene,
  beforeStart?: (pid: number) => Promise<{ ended: Promise<void> } | undefined>,
): Promise<boolean> {
  const args = [program, JSON.stringify(from.settings), oldKey, work, place, JSON.stringify(to)];
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
  // What the first one has finished, the second one is not to do again.
  const isRefused = complaint.includes('COPY_REFUSED');
  if (signal !== 'SIGKILL' && code !== 0 && !isRefused) {
    throw new Error(`the victim failed (${code ?? signal}): ${complaint}`);
  }
  return isDone || isRefused;
}

/** All system calls of the work when it is left alone. */
async function pointsOf(work: Work, filled: WorkPlace): Promise<KillPoint[]> {
  const scene = await sceneFor(work, filled);
  const output = join(await quickFolder(), 'calls');
  expect(await runVictim(work, scene, (pid) => record(pid, output, 'all', scene.from.folder))).toBe(true);
  return [...(await countCalls(output))].flatMap(([call, count]) =>
    Array.from({ length: count }, (_, index): KillPoint => ({ call, nth: index + 1, files: 'all' })),
  );
}

/** So many, at random. */
function choose<Item>(items: readonly Item[], count: number): Item[] {
  const random = createRandom(1);
  const places = items.map((item) => ({ item, at: random.next() })).sort((a, b) => a.at - b.at);
  return places.slice(0, count).map(({ item }) => item);
}

/** Brings the work to its end, unless it is. */
async function finish(work: Work, { from, place, to }: Scene): Promise<void> {
  const backend = openOn(work === 'restore' ? to : from.settings);
  const store = work === 'copy' ? openLocalStore({ ...to, writer: 'inline', logger: quietLogger() }) : undefined;
  try {
    if (work === 'backup') await last(backend.backUpTo(place));
    else if (store) await last(copyStore({ from: backend, to: store }));
    else await last(backend.restoreFrom(place));
  } catch (error) {
    if (!(error instanceof PixstoreError) || error.code !== 'COPY_REFUSED') throw error;
  } finally {
    await store?.close();
    await backend.close();
  }
}

/** All is there, once, and the source is as it was. */
async function expectWhole(work: Work, { from, place, to }: Scene, before: unknown): Promise<void> {
  const source = openOn(from.settings);
  expect(await contentsOf(source)).toEqual(before);
  if (work === 'backup') {
    expect((await listBackups(place)).length).toBeLessThanOrEqual(3);
    const { total, sound, damaged } = await last(source.verifyBackup(place));
    expect({ total, sound, damaged }).toEqual({ total: 7, sound: 7, damaged: [] });
    await source.close();
    return;
  }
  const target = openOn(to);
  expect(await contentsOf(target)).toEqual(before);
  expect(await target.store.usage()).toEqual(await source.store.usage());
  await target.store.sweep();
  expect(await target.store.check()).toEqual([]);
  for (const backend of [source, target]) await backend.close();
}

describe.skipIf(!(await ensureStrace()))('a process is killed at any of its system calls', () => {
  test.each(['backup', 'restore', 'copy'] as const)(
    'during a %s: nothing is lost, and doing it again finishes it',
    async (work) => {
      const filled = await filledPlace();
      const points = await pointsOf(work, filled);
      expect(points.length).toBeGreaterThan(20);
      const source = openOn((await filled.copy()).settings);
      const before = await contentsOf(source);
      await source.close();
      for (const point of choose(points, sample)) {
        const scene = await sceneFor(work, filled);
        const kill = (pid: number) => killAt(pid, point, scene.from.folder);
        // The second one goes on with what the first one left, and is killed at the same of its own calls.
        for (const _ of ['first', 'second']) {
          if (await runVictim(work, scene, kill)) finished += 1;
          else kills += 1;
        }
        try {
          await finish(work, scene);
          await expectWhole(work, scene, before);
        } catch (cause) {
          throw new Error(`killed at ${point.call} ${point.nth}: ${(cause as Error).message}`, { cause });
        }
      }
      console.log(`moments of a ${work}: ${points.length}`);
    },
    timeout,
  );

  afterAll(() => console.log(`kills during copies: ${kills}, and ${finished} that came too late`));
});
