// `node bench/rotation.mjs`: how long it takes to exchange the master key, routinely and after a leak, alone and beside a
// server under load; and what that server's users notice of it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithUs } from './contestants/children.mjs';
import { load } from './contestants/get.mjs';
import { freePort, settle, startIn } from './contestants/start.mjs';
import { keep } from './report/results.mjs';
import { align } from './report/table.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const usage = 'node bench/rotation.mjs [--count 100000] [--quick] [--no-build]';
const size = 5 * 1024;
const rate = 500; // requests a second
const connections = 16;
const asked = 100; // images: to hand out the records of more would be felt in the answers that follow
const slice = 500; // ms of load at a time: records are handed out anew, since a leak ends old proofs

const { values: options } = parseArgs({
  options: {
    count: { type: 'string' },
    quick: { type: 'boolean' },
    'no-build': { type: 'boolean' },
  },
});
const count = Number(options.count ?? (options.quick ? 10_000 : 100_000));
if (!(count > 0)) throw new Error(usage);
if (!options['no-build']) buildProject();
const place = makePlace();
const machine = describeMachine(place);
const lines = [];
for (const folders of [1, 200]) lines.push(await measure(folders));

const ms = (/** @type {number} */ value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const perSecond = (/** @type {{ images: number, ms: number }} */ { images, ms }) =>
  `${Math.round(images / (ms / 1000)).toLocaleString('en')}/s`;
const heads = ['folders', 'routine', 'leak, alone', 'leak, server', 'p50', 'meanwhile', 'p99', 'meanwhile', 'busy'];
const rows = lines.map(({ folders, routine, alone, beside, before, during, floor }) => [
  String(folders),
  ms(routine.exchange),
  perSecond(alone),
  perSecond(beside),
  ...[before.p50, during.p50, before.p99, during.p99, floor.p99].map(ms),
]);
console.log(
  `\n${count.toLocaleString('en')} images of 5 KB; the server answers ${rate} requests a second; busy: the p99 beside two threads that only compute\n\n${align(
    [heads, ...rows],
    heads.map(() => true),
  )}\n`,
);
if (!options.quick) keep('rotation', { machine, commit: commit(), count, lines });

/** @param {number} folders in which the images are */
async function measure(folders) {
  console.log(
    `  measuring: ${count.toLocaleString('en')} images in ${folders === 1 ? 'a folder' : `${folders} folders`}`,
  );
  const folder = mkdtempSync(join(place, 'rotation-'));
  const before = await startIn(folder, 'ours', { masterKey: key(1) });
  await before.call('fill', { count, size, folders });
  const list = await before.call('someIds', { count: asked });
  await before.end();
  settle(place);

  // New keys come first; a server must have them before they are used.
  const masterKey = [3, 2, 1].map(key);
  const routine = await rotate(folder, [2, 1].map(key), false);
  const alone = await rotate(folder, [2, 1].map(key), true);
  const port = await freePort();
  const server = await startIn(folder, 'ours', { port, masterKey });
  await server.call('adoptIds', { list });
  await underLoad(server, port, () => false, 4); // until everything is warm
  const quiet = await underLoad(server, port, () => false, 20);
  const floor = await besideBusyThreads(() => underLoad(server, port, () => false, 20));
  let isDone = false;
  /** @type {Promise<{ p50: number, p99: number }> | undefined} */
  let loading;
  const beside = await rotate(folder, masterKey, true, () => {
    loading = underLoad(server, port, () => isDone);
  });
  isDone = true;
  const meanwhile = await loading;
  await server.end();
  rmSync(folder, { recursive: true });
  return { folders, routine, alone, beside, before: quiet, during: meanwhile, floor };
}

/**
 * In a process of its own, as an operator would.
 *
 * @param {string} folder
 * @param {string[]} masterKey
 * @param {boolean} compromised
 * @param {() => void} [onExchanged] from then on, proofs of before a leak are refused
 */
async function rotate(folder, masterKey, compromised, onExchanged) {
  const operator = await startIn(folder, 'ours', { masterKey });
  /** @type {number} */
  const exchange = await operator.call('beginRotation', { compromised });
  onExchanged?.();
  /** @type {{ ms: number, images: number }} */
  const rest = await operator.call('finishRotation');
  await operator.end();
  return { exchange, ...rest };
}

/**
 * @param {import('./contestants/start.mjs').Running} server
 * @param {number} port
 * @param {() => boolean} isOver
 * @param {number} [slices] at most
 * @returns {Promise<{ p50: number, p99: number }>} ms
 */
async function underLoad(server, port, isOver, slices = Number.POSITIVE_INFINITY) {
  /** @type {number[]} */
  const latencies = [];
  for (let done = 0; done < slices && !isOver(); done += 1) {
    const records = await server.call('handOut', { count: asked });
    latencies.push(...(await load({ port, records, connections, duration: slice, rate })).latencies);
  }
  latencies.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/**
 * The floor: what a server's users notice of a process beside it that does nothing but keep two threads busy.
 *
 * @template Result
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
async function besideBusyThreads(work) {
  const script =
    "new (require('worker_threads').Worker)('for (;;);', { eval: true }).once('online', () => { for (;;); })";
  const busy = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  endWithUs(busy);
  try {
    return await work();
  } finally {
    busy.kill('SIGKILL');
  }
}

/** @param {number} number */
function key(number) {
  return Buffer.alloc(32, number).toString('base64');
}
