// `node bench/soak-serving.mjs`: serves at half its speed for minutes. Does anything grow, or is an answer wrong?
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort, start } from './contestants/start.mjs';
import { load } from './http/wrk.mjs';
import { makePlace } from './setup/place.mjs';
import { ensurePrograms } from './setup/programs.mjs';
import { buildProject } from './setup/project.mjs';
import { filesOf } from './soak/samples.mjs';
import { askSteadily } from './soak/steady.mjs';
import { findGrowth, mib } from './soak/verdict.mjs';
import { makeVisits } from './soak/visits.mjs';

const usage = 'node bench/soak-serving.mjs [--minutes 10] [--no-build]';
const kibibyte = 1024;
const stock = [
  { count: 1_000, size: 5 * kibibyte },
  { count: 200, size: 56 * kibibyte },
  { count: 20, size: 528 * kibibyte },
];
const memoryCacheBytes = 16 * kibibyte * kibibyte; // of 27 MiB: images come and go
const windowLength = 20_000; // ms; as an application has it, so that windows pass
const refreshEvery = 5_000; // ms
const connections = 32;
const decryptEvery = 100; // answers
const sampleEvery = 1_000; // ms
const latest = 0.9; // of the rate that is wanted: less would be another test

async function main() {
  const { values: options } = parseArgs({
    options: { minutes: { type: 'string', default: '10' }, 'no-build': { type: 'boolean' } },
  });
  const duration = Number(options.minutes) * 60_000;
  if (!(duration > 0)) throw new Error('--minutes takes a number above 0.');
  await ensurePrograms();
  if (!options['no-build']) buildProject();

  const place = makePlace();
  const port = await freePort();
  const server = await start(place, 'ours', { port, memoryCacheBytes, windowLength });
  for (const images of stock) await server.call('fill', images);
  const most = await fastest(place, port, server);
  console.log(`At most ${most.toFixed(0)} requests a second; half of that for ${options.minutes} minutes.`);

  const { samples, seen } = await underLoad(server, port, most / 2, duration);
  await server.end();
  const { answers, wrong, first, failure } = seen;
  const asked = Object.values(answers).reduce((sum, count) => sum + count, 0);
  const rate = asked / (duration / 1000);
  const problems = [
    ...(wrong > 0 ? [`${wrong} answers were wrong, such as:`, ...first] : []),
    ...(failure ? [`a connection failed: ${failure.message}`] : []),
    ...(rate < (most / 2) * latest ? [`only ${rate.toFixed(0)} requests a second were answered`] : []),
    ...findGrowth(samples),
  ];
  for (const problem of problems) console.error(problem);
  console.log(`${asked} answers checked, ${seen.decrypted} of them decrypted.`);
  console.log(problems.length === 0 ? 'Nothing grew, and every answer was right.' : 'The soak failed.');
  return problems.length === 0;
}

/**
 * Requests of the soak's mix that are answered a second when nothing holds the client back.
 *
 * @param {string} place
 * @param {number} port
 * @param {import('./contestants/start.mjs').Running} server
 */
async function fastest(place, port, server) {
  const requests = makeVisits(await knownImages(server), 2_000).map(({ request }) => request);
  const how = { place, port, requests, connections, answerBytes: 1 };
  await load({ ...how, duration: 2_000 });
  return (await load({ ...how, duration: 5_000 })).perSecond;
}

/** @param {import('./contestants/start.mjs').Running} server @returns {Promise<import('./soak/visits.mjs').Known[]>} */
async function knownImages(server) {
  const records = await server.call('handOutAll');
  const sizes = stock.flatMap(({ count, size }) => Array.from({ length: count }, () => size));
  return records.map((record, index) => ({ record, size: sizes[index] }));
}

/**
 * Asks, checks, samples and reports until the time is over.
 *
 * @param {import('./contestants/start.mjs').Running} server
 * @param {number} port
 * @param {number} rate requests a second
 * @param {number} duration ms
 */
async function underLoad(server, port, rate, duration) {
  const seen = { answers: { single: 0, batch: 0, forged: 0 }, decrypted: 0, wrong: 0, first: [], failure: undefined };
  const times = createHistogram(); // microseconds
  const newVisits = async () => makeVisits(await knownImages(server), 2_000);
  let visits = await newVisits();
  let next = 0;
  const load = await askSteadily({
    port,
    rate,
    connections,
    next: () => visits[next++ % visits.length],
    answered(visit, answer, due) {
      times.record(Math.max(1, Math.round((performance.now() - due) * 1000)));
      seen.answers[visit.kind] += 1;
      const decrypting = visit.kind !== 'forged' && next % decryptEvery === 0;
      if (decrypting) seen.decrypted += 1;
      try {
        visit.check(answer, decrypting);
      } catch (error) {
        seen.wrong += 1;
        if (seen.first.length < 10) seen.first.push(`${visit.kind}: ${error.message}`);
      }
    },
  });

  /** @type {import('./soak/verdict.mjs').Sample[]} */
  const samples = [];
  const reportEvery = Math.min(30_000, duration / 4);
  const begin = performance.now();
  let [reported, refreshed] = [begin, begin];
  while (performance.now() - begin < duration && !load.failure()) {
    await wait(sampleEvery);
    const now = performance.now();
    if (now - refreshed >= refreshEvery) {
      visits = await newVisits();
      refreshed = now;
    }
    const sample = { ...(await server.call('memoryUsed')), ...filesOf(server) };
    samples.push(sample);
    if (now - reported >= reportEvery) {
      reported += reportEvery;
      report((reported - begin) / 1000, { seen, sample, times, late: load.late() });
      times.reset();
    }
  }
  await load.stop();
  seen.failure = load.failure();
  return { samples, seen };
}

/**
 * @param {number} seconds
 * @param {{ seen: { answers: Record<string, number>, wrong: number }, late: number,
 *   sample: import('./soak/verdict.mjs').Sample, times: import('node:perf_hooks').RecordableHistogram }} what
 */
function report(seconds, { seen, sample, times, late }) {
  const done = Object.entries(seen.answers).map(([kind, count]) => `${kind} ${count}`);
  const ms = (/** @type {number} */ percent) => (times.percentile(percent) / 1000).toFixed(1);
  const state = `rss ${mib(sample.rss)} MiB, heap ${mib(sample.heap)} MiB, open files ${sample.descriptors}`;
  console.log(
    `${seconds.toFixed(0).padStart(5)} s: ${done.join(', ')}; p50 ${ms(50)} ms, p99 ${ms(99)} ms, late ${late}, ` +
      `wrong ${seen.wrong}; ${state}`,
  );
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n${usage}` : error);
  process.exit(2);
}
