import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPixstoreBackend } from 'pixstore/backend';
import { ensureStrace } from '../../../scripts/ensure-strace.mjs';
import { startNode } from '../support/program.mjs';
import { createRandom } from '../support/random.mjs';
import { openPayload } from './picture.mjs';
import { backendOf } from './settings.mjs';
import { countCalls, failAt, killAt, record } from './tracer.mjs';

const program = fileURLToPath(new URL('./opening.mjs', import.meta.url));
const fixture = fileURLToPath(new URL('../../fixtures/schema-2', import.meta.url));
const quiet = { info() {}, warn() {}, error() {} };
const database = 'images.sqlite';
const copyName = `${database}.schema-2.bak`;
// As many at a time as there are processors on a small machine.
const atOnce = 2;

// What a disk says when it fails, or is full.
const errors = ['EIO', 'ENOSPC'];

/** @typedef {import('./tracer.mjs').KillPoint} KillPoint */

/**
 * @typedef {object} MigrationReport
 * @property {number} points system calls at which the opening process was killed, or that failed
 * @property {number} missed runs that did not come to it
 * @property {number} asBefore after so many of them the database was of the old schema, whole
 * @property {number} migrated after so many of them it was of the new one, whole
 * @property {Record<string, number>} endings what the opening process said
 * @property {string[]} damages what was wrong
 */

/**
 * Opens a store of schema 2 again and again; kills the process at a system call, or lets that fail; and looks each time
 * at what it left, with the pixstore of then and with that of today.
 *
 * @param {object} options
 * @param {'kill' | 'fail'} options.how
 * @param {number} [options.sample] so many points, spread over all system calls; all there are when it is left out
 * @param {number} [options.seed]
 * @returns {Promise<MigrationReport | undefined>} undefined where the system does not let strace trace
 */
export async function killMigration({ how, sample, seed = 1 }) {
  if (!(await ensureStrace())) return undefined;
  const place = await mkdtemp(join(tmpdir(), 'pixstore-migration-'));
  try {
    const points = await findPoints(place, how === 'kill' ? 'all' : 'database');
    if (!points) return undefined;
    const chosen = shuffle(points, seed).slice(0, sample);
    /** @type {MigrationReport} */
    const report = { points: 0, missed: 0, asBefore: 0, migrated: 0, endings: {}, damages: [] };
    let next = 0;
    const work = async () => {
      for (let index = next++; index < chosen.length; index = next++) {
        const point = /** @type {KillPoint} */ (chosen[index]);
        const error = how === 'kill' ? undefined : errors[index % errors.length];
        await tryPoint(join(place, String(index)), point, error, report);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return report;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {(pid: number) => Promise<{ ended: Promise<void> } | undefined>} follow
 * @returns {Promise<string>} how it ended: `opened`, `failed` with a code, or `killed`
 */
async function openOnce(folder, follow) {
  // One thread for files: then the n-th of their system calls is always about the same one.
  const opening = startNode([program, folder], { UV_THREADPOOL_SIZE: '1' });
  let ending = 'killed';
  let tracer;
  for await (const line of opening.lines) {
    if (line === 'ready') {
      tracer = await follow(opening.pid);
      opening.send('go');
    } else ending = line;
  }
  const { code, signal, complaint } = await opening.ended;
  await tracer?.ended;
  if (signal === 'SIGKILL') return 'killed';
  return code === 0 ? ending : `ended with ${code ?? signal}: ${complaint}`;
}

/**
 * @param {string} place
 * @param {KillPoint['files']} files
 * @returns {Promise<KillPoint[] | undefined>} undefined where they cannot be seen
 */
async function findPoints(place, files) {
  const folder = join(place, 'count');
  await placeFixture(folder);
  const output = join(place, 'calls');
  let isSeen = false;
  await openOnce(folder, async (pid) => {
    const tracer = await record(pid, output, files, folder);
    isSeen = tracer !== undefined;
    return tracer;
  });
  if (!isSeen) return undefined;
  return [...(await countCalls(output))].flatMap(([call, count]) =>
    Array.from({ length: count }, (_, index) => ({ call, nth: index + 1, files })),
  );
}

/**
 * @param {string} folder
 * @param {KillPoint} point
 * @param {string | undefined} error undefined: it is killed
 * @param {MigrationReport} report is added to
 */
async function tryPoint(folder, point, error, report) {
  await placeFixture(folder);
  const ending = await openOnce(folder, (pid) =>
    error === undefined ? killAt(pid, point, folder) : failAt(pid, point, error, folder),
  );
  const damages = await examine(folder, report);
  const isReached = error !== undefined || ending === 'killed';
  report.points += isReached ? 1 : 0;
  report.missed += isReached ? 0 : 1;
  report.endings[ending] = (report.endings[ending] ?? 0) + 1;
  const where = `after ${error ?? 'a kill'} at ${point.call} ${point.nth} (${ending})`;
  report.damages.push(...damages.map((damage) => `${damage}, ${where}`));
  await rm(folder, { recursive: true });
}

/**
 * @param {string} folder
 * @param {MigrationReport} report
 * @returns {Promise<string[]>} what is wrong
 */
async function examine(folder, report) {
  /** @type {string[]} */
  const damages = [];
  const old = await import(new URL('../../fixtures/schema-2/pixstore/backend.js', import.meta.url).href);

  const left = await copyOf(folder);
  const atFirst = await lookAt(old.createPixstoreBackend, left);
  if (atFirst === null) report.asBefore += 1;
  else if (atFirst === 'DATABASE_TOO_NEW') report.migrated += 1;
  else damages.push(`to the pixstore of then: ${atFirst}`);

  const opened = await lookAt(createPixstoreBackend, folder);
  if (opened !== null) damages.push(`to that of today: ${opened}`);
  const copies = (await readdir(folder)).filter((name) => name.includes('.bak'));
  if (copies.join() !== copyName) damages.push(`copies: ${copies.join()}`);

  const back = await copyOf(folder, copyName);
  const wentBack = await lookAt(old.createPixstoreBackend, back, true);
  if (wentBack !== null) damages.push(`the copy: ${wentBack}`);
  for (const copy of [left, back]) await rm(copy, { recursive: true });
  return damages;
}

/**
 * Opens a store and looks whether all is there that should be.
 *
 * @param {typeof createPixstoreBackend} create
 * @param {string} folder
 * @param {boolean} [isPutBack] it is an older copy: somebody has to say that it is the right one
 * @returns {Promise<string | null>} null when it is
 */
async function lookAt(create, folder, isPutBack = false) {
  /** @type {ReturnType<typeof createPixstoreBackend> | undefined} */
  let backend;
  try {
    backend = create({ ...backendOf(folder), logger: quiet });
    const { images, removed } = JSON.parse(await readFile(join(fixture, 'expected.json'), 'utf8'));
    for (const { id, token, bytes } of images) {
      if (id.includes('.')) continue; // the pixstore of then gave no records of variants; both check that they are there
      const found = backend.getImageRecord(id);
      if (!found || found.token !== token) return `${id} is not there`;
      const payload = await backend.customEndpointHelper(id, undefined, found.statelessProof);
      if (openPayload(/** @type {Uint8Array} */ (payload)).image.length !== bytes) return `${id} is another image`;
    }
    for (const { id } of removed) if (backend.imageExists(id)) return `${id} is back`;
    if (isPutBack) await backend.adopt();
    const problems = await backend.store.check();
    return problems.length > 0 ? JSON.stringify(problems) : null;
  } catch (error) {
    return String(/** @type {{ code?: unknown }} */ (error).code ?? error);
  } finally {
    await backend?.close();
  }
}

/**
 * @param {string} folder
 * @param {string} [name] of the database to take; that of the store, with its log, when it is left out
 */
async function copyOf(folder, name) {
  const copy = await mkdtemp(`${folder}-copy-`);
  await cp(folder, copy, { recursive: true });
  if (name === undefined) return copy;
  for (const end of ['', '-wal', '-shm']) await rm(join(copy, database + end), { force: true });
  await cp(join(folder, name), join(copy, database));
  return copy;
}

/** @param {string} folder */
async function placeFixture(folder) {
  await mkdir(folder);
  for (const name of ['images', database]) await cp(join(fixture, name), join(folder, name), { recursive: true });
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {number} seed
 */
function shuffle(items, seed) {
  const random = createRandom(seed);
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** @param {MigrationReport} report */
export function describeMigration({ points, missed, asBefore, migrated, endings, damages }) {
  return [
    `system calls of opening a store of schema 2 tried: ${points}${missed > 0 ? ` (and ${missed} that were not reached)` : ''}`,
    `left as it was ${asBefore} times, migrated ${migrated} times, otherwise wrong ${damages.length}`,
    ...Object.entries(endings).map(([ending, times]) => `  ${ending}: ${times}`),
    ...damages.slice(0, 20).map((damage) => `  ${damage}`),
  ].join('\n');
}
