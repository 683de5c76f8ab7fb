// `node bench/soak.mjs`: a mixed load for minutes. Does anything grow, fail or get lost?
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, start } from './contestants/start.mjs';
import { makePlace } from './setup/place.mjs';
import { buildProject } from './setup/project.mjs';
import { createClient } from './soak/client.mjs';
import { filesOf } from './soak/samples.mjs';
import { findGrowth, mib } from './soak/verdict.mjs';

const usage = 'node bench/soak.mjs [--minutes 10] [--no-build]';
const getsAtOnce = 50;
const getsEvery = 250; // ms
const sampleEvery = 1_000; // ms

async function main() {
  const { values: options } = parseArgs({
    options: { minutes: { type: 'string', default: '10' }, 'no-build': { type: 'boolean' } },
  });
  const duration = Number(options.minutes) * 60_000;
  if (!(duration > 0)) throw new Error('--minutes takes a number above 0.');
  if (!options['no-build']) buildProject();

  const port = await freePort();
  const server = await start(makePlace(), 'soak', { port });
  const client = createClient(port);
  await server.call('begin');
  const samples = await underLoad(server, client, duration);
  await server.call('stop');

  const problems = [...(await verify(server, client)), ...findGrowth(samples)];
  const { errors } = await server.call('status');
  problems.push(...[...errors, ...client.errors].slice(0, 10));
  client.close();
  await server.end();

  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? 'Nothing grew, nothing failed, nothing was lost.' : 'The soak failed.');
  return problems.length === 0;
}

/**
 * Fetches, samples and reports until the time is over.
 *
 * @param {import('./contestants/start.mjs').Running} server
 * @param {ReturnType<typeof createClient>} client
 * @param {number} duration ms
 */
async function underLoad(server, client, duration) {
  /** @type {import('./soak/verdict.mjs').Sample[]} */
  const samples = [];
  const reportEvery = Math.min(30_000, duration / 4);
  const begin = performance.now();
  let reported = begin;
  for (let round = 0; performance.now() - begin < duration; round += 1) {
    const pause = wait(getsEvery);
    const records = await server.call('handOut', { count: getsAtOnce });
    await Promise.all(records.filter(Boolean).map(client.open));
    if (round % (sampleEvery / getsEvery) === 0) {
      const status = await server.call('status');
      const sample = { rss: status.rss, heap: status.heap, ...filesOf(server) };
      samples.push(sample);
      if (performance.now() - reported >= reportEvery) {
        reported += reportEvery;
        report((reported - begin) / 1000, status, client, sample);
      }
    }
    await pause;
  }
  return samples;
}

/**
 * @param {number} seconds
 * @param {{ counts: Record<string, number>, errors: string[], waiting: number }} status
 * @param {ReturnType<typeof createClient>} client
 * @param {import('./soak/verdict.mjs').Sample} sample
 */
function report(seconds, { counts, errors, waiting }, { seen, errors: clientErrors }, { rss, heap, descriptors, wal }) {
  const done = Object.entries({ ...counts, get: seen.opened }).map(([name, count]) => `${name} ${count}`);
  const state = `rss ${mib(rss)} MiB, heap ${mib(heap)} MiB, open files ${descriptors}, WAL ${mib(wal)} MiB`;
  const trouble = `waiting ${waiting}, errors ${errors.length + clientErrors.length}`;
  console.log(`${seconds.toFixed(0).padStart(5)} s: ${done.join(', ')}; ${trouble}; ${state}`);
}

/**
 * Opens every image that must be there, then looks the store over.
 *
 * @param {import('./contestants/start.mjs').Running} server
 * @param {ReturnType<typeof createClient>} client
 * @returns {Promise<string[]>}
 */
async function verify(server, client) {
  const everything = await server.call('everything');
  let wrong = 0;
  for (const { record, content } of everything) {
    const found = record && (await client.open(record));
    if (found?.size !== content.size || found?.stamp !== content.stamp) wrong += 1;
  }
  const { listed, expected, problems } = await server.call('checkStore');
  console.log(
    `${everything.length} images opened, ${wrong} of them wrong; the store lists ${listed} and reports:`,
    problems,
  );
  return [
    ...(wrong > 0 ? [`${wrong} images are missing or not the last that was acknowledged`] : []),
    ...(listed === expected ? [] : [`the store lists ${listed} images instead of ${expected}`]),
    ...(problems.length === 0 ? [] : [`check() found ${problems.length} problems`]),
  ];
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n${usage}` : error);
  process.exit(2);
}
