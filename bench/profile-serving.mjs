// `node bench/profile-serving.mjs`: where does the endpoint's time go, function by function?
import { parseArgs } from 'node:util';
import { freePort, start } from './contestants/start.mjs';
import { getByQuery, postBatch } from './http/requests.mjs';
import { load } from './http/wrk.mjs';
import { align } from './report/table.mjs';
import { makePlace } from './setup/place.mjs';
import { ensurePrograms } from './setup/programs.mjs';
import { buildProject } from './setup/project.mjs';

const usage = 'node bench/profile-serving.mjs [--size 5] [--batch 50] [--seconds 10] [--top 30] [--no-build]';
const count = 256;

/** @typedef {{ functionName: string, url: string, lineNumber: number }} Frame */
/** @typedef {{ frame: Frame, time: number }} Sample */

async function main() {
  const text = /** @type {const} */ ({ type: 'string' });
  const { values: options } = parseArgs({
    options: { size: text, batch: text, seconds: text, top: text, 'no-build': { type: 'boolean' } },
  });
  const { size = '5', batch, seconds = '10', top = '30' } = options;
  await ensurePrograms();
  if (!options['no-build']) buildProject();

  const place = makePlace();
  const port = await freePort();
  const server = await start(place, 'ours', { port });
  await server.call('fill', { count, size: Number(size) * 1024 });
  const records = await server.call('handOutAll');
  const requests = batch
    ? records.map((_, first) => postBatch(pick(records, first, Number(batch))))
    : records.map(getByQuery);
  const how = { place, port, requests, connections: 32, answerBytes: 1 };
  await load({ ...how, duration: 3_000 });
  await server.call('startProfile');
  const { perSecond } = await load({ ...how, duration: Number(seconds) * 1000 });
  const samples = samplesOf(await server.call('stopProfile'));
  await server.end();

  console.log(`${perSecond.toFixed(0)} requests a second, under the profiler\n`);
  for (const nameOf of [fileOf, functionOf])
    console.log(`${align(hottest(samples, nameOf, Number(top)), [true, false])}\n`);
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {number} first
 * @param {number} many
 */
function pick(items, first, many) {
  return Array.from({ length: many }, (_, index) => items[(first + index) % items.length]);
}

/**
 * What has the most time of its own, in per cent of the main thread's time at work.
 *
 * @param {Sample[]} samples
 * @param {(frame: Frame) => string} nameOf what counts as one
 * @param {number} top
 * @returns {string[][]} share and name
 */
function hottest(samples, nameOf, top) {
  /** @type {Map<string, number>} */
  const own = new Map();
  for (const { frame, time } of samples) own.set(nameOf(frame), (own.get(nameOf(frame)) ?? 0) + time);
  const atWork = samples.reduce((sum, { time }) => sum + time, 0);
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([name, time]) => [`${((100 * time) / atWork).toFixed(1)} %`, name]);
}

/** @param {any} profile @returns {Sample[]} of when there was something to do */
function samplesOf({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map((/** @type {any} */ node) => [node.id, node.callFrame]));
  return samples
    .map((/** @type {number} */ id, /** @type {number} */ index) => ({
      frame: frames.get(id),
      time: timeDeltas[index],
    }))
    .filter((/** @type {Sample} */ { frame }) => frame.functionName !== '(idle)');
}

/** @param {Frame} frame */
function fileOf({ functionName, url }) {
  return url.replace(/^.*\/(dist|node_modules)\//, '') || (functionName.startsWith('(') ? functionName : '(native)');
}

/** @param {Frame} frame */
function functionOf(frame) {
  const where = frame.url ? `${fileOf(frame)}:${frame.lineNumber + 1}` : '';
  return `${(frame.functionName || '(anonymous)').padEnd(28)} ${where}`.trimEnd();
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n${usage}` : error);
  process.exit(2);
}
