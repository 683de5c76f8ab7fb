// `node bench/processing.mjs`: how many pictures a second get two variants, beside bare sharp making the same, and what the
// users of a server notice while it does so.
import { fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { callsTo } from './contestants/calls.mjs';
import { endWithUs } from './contestants/children.mjs';
import { load } from './contestants/get.mjs';
import { freePort } from './contestants/start.mjs';
import { pictures } from './processing/pictures.mjs';
import { median, percentile } from './report/line.mjs';
import { keep } from './report/results.mjs';
import { align } from './report/table.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const rate = 200; // requests a second
const connections = 16;
const atOnce = 4; // pictures that wait, or are worked on

const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, 'no-build': { type: 'boolean' } } });
const runs = options.quick ? 1 : 5;
const duration = options.quick ? 500 : 3000;
if (!options['no-build']) buildProject();
const place = makePlace();
const machine = describeMachine(place);
const port = await freePort();
const server = await startServer();
const records = await server.call('handOut', { count: 50 });

const throughput = [];
for (const name of Object.keys(pictures)) throughput.push({ name, ...(await besideBareSharp(name)) });
const serving = await besideServing();
await server.end();

const times = (/** @type {number} */ value) => `${value.toFixed(2)}x`;
const ms = (/** @type {number} */ value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
console.log(
  `\n${align(
    [
      ['two variants, pictures a second', 'bare sharp', 'process', '', 'save', '', 'CPU: bare', 'process', ''],
      ...throughput.map(({ name, perSecond, cpu }) => [
        name,
        perSecond.bare.toFixed(1),
        perSecond.process.toFixed(1),
        times(perSecond.process / perSecond.bare),
        perSecond.save.toFixed(1),
        times(perSecond.save / perSecond.bare),
        ms(cpu.bare),
        ms(cpu.process),
        times(cpu.bare / cpu.process),
      ]),
    ],
    [false, true, true, true, true, true, true, true, true],
  )}\n\n${align(
    [
      [`${rate} requests a second, beside`, 'p50', 'p99', 'of alone'],
      ...serving.map(({ name, p50, p99 }) => [name, ms(p50), ms(p99), times(p99 / serving[0].p99)]),
    ],
    [false, true, true, true],
  )}\n`,
);
if (!options.quick) keep('processing', { machine, commit: commit(), runs, throughput, serving });

/**
 * In turns, since a shared machine changes its speed.
 *
 * @param {string} name
 */
async function besideBareSharp(name) {
  console.log(`  measuring: ${name}`);
  const ways = ['bare', 'process', 'save'];
  const found = Object.fromEntries(ways.map((way) => [way, /** @type {{ perSecond: number, cpu: number }[]} */ ([])]));
  for (let run = 0; run < runs; run += 1) {
    for (const way of ways) found[way].push(await make(name, way));
  }
  const medians = (/** @type {'perSecond' | 'cpu'} */ figure) =>
    Object.fromEntries(ways.map((way) => [way, median(found[way].map((run) => run[figure]))]));
  return { perSecond: medians('perSecond'), cpu: medians('cpu') };
}

/**
 * @param {string} name
 * @param {string} way
 * @returns {Promise<{ perSecond: number, cpu: number, longest: number }>}
 */
function make(name, way) {
  return server.call('make', { name, way, atOnce, duration });
}

/** In turns as well: what requests take while nothing else is done, and beside each way to make and keep large pictures. */
async function besideServing() {
  console.log('  measuring: serving');
  /** @type {Map<string, () => Promise<unknown>>} */
  const works = new Map([['nothing', async () => {}]]);
  for (const name of ['JPEG 12 MP', 'PNG 12 MP']) {
    for (const way of ['save', 'bare', 'bare, kept']) works.set(`${name}, ${way}`, () => make(name, way));
  }
  const found = new Map([...works.keys()].map((name) => [name, /** @type {number[]} */ ([])]));
  for (let run = 0; run < runs; run += 1) {
    for (const [name, work] of works) {
      const [{ latencies }] = await Promise.all([load({ port, records, connections, duration, rate }), work()]);
      found.get(name)?.push(...latencies);
    }
  }
  return [...found].map(([name, latencies]) => {
    latencies.sort((a, b) => a - b);
    return { name, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  });
}

async function startServer() {
  const program = fileURLToPath(new URL('processing/server.mjs', import.meta.url));
  const child = fork(program, [mkdtempSync(join(place, 'processing-')), String(port)], { serialization: 'advanced' });
  endWithUs(child);
  return callsTo(child, 'the server');
}
