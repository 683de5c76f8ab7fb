import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureStrace } from '../../../scripts/ensure-strace.mjs';
import { createLedger } from '../support/ledger.mjs';
import { createRandom } from '../support/random.mjs';
import { examine } from './examine.mjs';
import { runVictim } from './run-victim.mjs';
import { countCalls, killAt, record } from './tracer.mjs';

// So many victims, one after the other, work on one folder: so the recovery from a kill is killed as well.
const victimsPerFolder = 5;
// As many at a time as there are processors on a small machine.
const atOnce = 2;

/**
 * @typedef {object} KillReport
 * @property {string} method how processes were killed
 * @property {number} points kills
 * @property {number} missed runs that came to their end, because they made fewer system calls than the one counted
 * @property {number} acknowledged changes
 * @property {number} leftovers files that a kill left behind, all of them swept
 * @property {string[]} damages what was lost, torn, rolled back or otherwise wrong
 * @property {Record<string, number>} calls kills at each system call
 */

/**
 * Kills a process that changes images, again and again, at a system call or (where that cannot be) at any moment, and
 * looks each time at what it left.
 *
 * @param {object} [options]
 * @param {number} [options.sample] so many kills, spread over all system calls; all there are when it is left out
 * @param {number} [options.seed]
 * @param {(report: KillReport, total: number) => void} [options.onProgress]
 * @returns {Promise<KillReport>}
 */
export async function killTest({ sample, seed = 1, onProgress } = {}) {
  const place = await mkdtemp(join(tmpdir(), 'pixstore-kill-'));
  try {
    const points = await findPoints(place, seed);
    const chosen = points ? choose(points, sample, seed) : Array.from({ length: sample ?? 1_000 }, () => undefined);
    /** @type {KillReport} */
    const report = {
      method: points ? 'strace, at a system call' : 'SIGKILL at random moments (this system does not let strace trace)',
      points: 0,
      missed: 0,
      acknowledged: 0,
      leftovers: 0,
      damages: [],
      calls: {},
    };
    const folders = groupsOf(chosen, victimsPerFolder);
    let next = 0;
    const work = async () => {
      for (let index = next++; index < folders.length; index = next++) {
        await killInFolder(join(place, String(index)), folders[index] ?? [], seed * 100_000 + index * 100, report);
        onProgress?.(report, chosen.length);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return report;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** @typedef {import('./tracer.mjs').KillPoint} KillPoint */

/**
 * All system calls of a run that is left alone.
 *
 * @param {string} place
 * @param {number} seed
 * @returns {Promise<KillPoint[] | undefined>} undefined where they cannot be seen
 */
async function findPoints(place, seed) {
  if (!(await ensureStrace())) return undefined;
  /** @type {KillPoint[]} */
  const points = [];
  for (const files of /** @type {const} */ (['all', 'database'])) {
    const folder = join(place, `count-${files}`);
    await mkdir(folder);
    const output = join(place, `calls-${files}`);
    /** @type {Awaited<ReturnType<typeof record>>} */
    let tracer;
    const beforeStart = async (/** @type {number} */ pid) => {
      tracer = await record(pid, output, files, folder);
    };
    await runVictim({ folder, seed, ledger: createLedger(), beforeStart });
    if (!tracer) return undefined;
    await tracer.ended;
    for (const [call, count] of await countCalls(output)) {
      for (let nth = 1; nth <= count; nth += 1) points.push({ call, nth, files });
    }
  }
  return points;
}

/**
 * A sample with as many points of each system call as can be, in an order that is mixed.
 *
 * @param {KillPoint[]} points
 * @param {number | undefined} sample
 * @param {number} seed
 */
function choose(points, sample, seed) {
  const random = createRandom(seed);
  const shuffled = points
    .map((point) => ({ point, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ point }) => point);
  /** @type {Map<string, number>} */
  const turns = new Map();
  return shuffled
    .map((point) => {
      const kind = `${point.call} ${point.files}`;
      const turn = turns.get(kind) ?? 0;
      turns.set(kind, turn + 1);
      return { point, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .slice(0, sample)
    .map(({ point }) => point);
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {number} size
 */
function groupsOf(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * @param {string} folder
 * @param {(KillPoint | undefined)[]} points
 * @param {number} seed
 * @param {KillReport} report is added to
 */
async function killInFolder(folder, points, seed, report) {
  await mkdir(folder);
  const ledger = createLedger();
  let leftoversBefore = 0;
  for (const [index, point] of points.entries()) {
    const options = { folder, seed: seed + index, ledger };
    const before = ledger.acknowledged();
    const { killed } = await (point ? killAtPoint(options, point) : killAtRandom(options));
    const { damages, leftovers } = await examine(folder, ledger);
    const where = point ? `${point.call} ${point.nth} (${point.files})` : 'a random moment';
    report.points += killed ? 1 : 0;
    report.missed += killed ? 0 : 1;
    report.acknowledged += ledger.acknowledged() - before;
    report.leftovers += leftovers - leftoversBefore;
    leftoversBefore = leftovers;
    report.damages.push(...damages.map((damage) => `${damage}, after a kill at ${where}, seed ${options.seed}`));
    if (point && killed) report.calls[point.call] = (report.calls[point.call] ?? 0) + 1;
  }
  await rm(folder, { recursive: true });
}

/** @typedef {{ folder: string, seed: number, ledger: import('../support/ledger.mjs').Ledger }} VictimOptions */

/**
 * @param {VictimOptions} options
 * @param {KillPoint} point
 */
async function killAtPoint(options, point) {
  /** @type {Promise<unknown>[]} */
  const ends = [];
  const beforeStart = async (/** @type {number} */ pid) => {
    const tracer = await killAt(pid, point, options.folder);
    if (tracer) ends.push(tracer.ended);
  };
  const ending = await runVictim({ ...options, beforeStart });
  await Promise.all(ends);
  return ending;
}

/** @param {VictimOptions} options */
function killAtRandom(options) {
  const random = createRandom(options.seed);
  let left = 1 + random.below(25);
  return runVictim({
    ...options,
    onDone(kill) {
      left -= 1;
      if (left === 0) setTimeout(kill, random.next() * 3);
    },
  });
}
