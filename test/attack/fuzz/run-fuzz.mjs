import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { nothingOpen } from '../victim/start-victim.mjs';
import { judge } from './judge.mjs';
import { mutated } from './mutations.mjs';
import { send, shots } from './send.mjs';
import { validRequests } from './valid-requests.mjs';

/** @typedef {import('./send.mjs').Shot} Shot */
/** @typedef {import('./judge.mjs').Law} Law */
/** @typedef {import('../victim/start-victim.mjs').Victim} Victim */
/** @typedef {import('../victim/start-victim.mjs').Memory} Memory */

const picture = readFileSync(new URL('../../../demo/photos/coffee.webp', import.meta.url));
const route = '/pixstore-image';
const atOnce = 60;
const round = 600; // requests that are made from one seed
const warmUp = 1_000; // requests before memory is looked at for the first time
const patience = 10_000; // ms, for the one request that must be answered
const longestWait = 70_000; // ms; answers that nobody reads are given up after a minute
const findingsEnough = 10;

/**
 * Something that an endpoint must not do.
 *
 * @typedef {object} Finding
 * @property {string[]} problems
 * @property {number} seed
 * @property {number} index which request of that seed
 * @property {Shot} shot
 */

/**
 * @typedef {object} FuzzReport
 * @property {number} seed
 * @property {number} requests how many were sent
 * @property {number} seconds
 * @property {Record<string, number>} answers how often each came
 * @property {Finding[]} findings
 * @property {string} [smallest] the first finding's request, made as small as possible
 * @property {boolean} alive
 * @property {boolean} intact is a good request still answered with the picture
 * @property {string[]} log what the backend logged meanwhile
 * @property {string} complaints what it wrote to standard error
 * @property {Memory} before memory after the first requests, in bytes
 * @property {Memory} after
 * @property {import('../victim/start-victim.mjs').Open} open what is open at the end
 */

/**
 * Sends random and mutated requests to a backend of which nobody else asks anything.
 *
 * @param {Victim} victim
 * @param {object} options
 * @param {number} options.count
 * @param {number} options.seed the same seed makes the same requests
 * @param {number} [options.seconds] go on no longer than this
 * @param {(requests: number, findings: number) => void} [options.onProgress] called after each round
 * @returns {Promise<FuzzReport>}
 */
export async function runFuzz(victim, { count, seed, seconds = Number.POSITIVE_INFINITY, onProgress }) {
  const start = performance.now();
  const { id, token, statelessProof: proof } = await victim.save(picture, { id: 'fuzzed' });
  const law = { proof, pictureBytes: 1 + picture.length, secrets: victim.secrets };
  const target = { port: victim.port, route, id, token, proof };
  const arbitrary = shots(mutated(validRequests(target)));
  const logBefore = (await victim.log()).length;
  /** @type {Record<string, number>} */
  const answers = {};
  /** @type {Finding[]} */
  const findings = [];
  let before = await victim.memory();
  let requests = 0;
  let roundSeed = seed;

  const elapsed = () => (performance.now() - start) / 1_000;
  while (requests < count && elapsed() < seconds && findings.length < findingsEnough && victim.lives()) {
    const batch = fc.sample(arbitrary, { seed: roundSeed, numRuns: Math.min(round, count - requests) });
    await inParallel(batch, async (shot, index) => {
      let outcome = await send(victim.port, shot);
      // On a busy machine a process may stand still for long. If it was the request, it does so again.
      if (outcome.hung) outcome = await send(victim.port, shot);
      const { names, problems } = judge(shot.bytes, outcome, law);
      for (const name of names) answers[name] = (answers[name] ?? 0) + 1;
      if (problems.length > 0) findings.push({ problems, seed: roundSeed, index, shot });
    });
    if (requests < warmUp && requests + batch.length >= warmUp) before = await victim.memory();
    requests += batch.length;
    roundSeed += 1;
    onProgress?.(requests, findings.length);
  }

  const [first] = findings;
  const smallest = first && victim.lives() ? await shrink(victim, arbitrary, law, first) : undefined;
  const alive = victim.lives();
  return {
    seed,
    requests,
    seconds: elapsed(),
    answers,
    findings,
    ...(smallest === undefined ? {} : { smallest }),
    alive,
    intact: alive && (await isIntact(victim, target, law)),
    log: alive ? (await victim.log()).slice(logBefore) : [],
    complaints: victim.complaints(),
    before,
    after: alive ? await victim.memory() : before,
    open: alive ? await openAfterAll(victim) : nothingOpen,
  };
}

/**
 * What stays open when all has been given up that waits for something.
 *
 * @param {Victim} victim
 */
async function openAfterAll(victim) {
  const end = performance.now() + longestWait;
  let open = await victim.open();
  while (open.sockets + open.answers + open.files > 0 && performance.now() < end) {
    await delay(100);
    open = await victim.open();
  }
  return open;
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item, index: number) => Promise<void>} work
 */
async function inParallel(items, work) {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await work(/** @type {Item} */ (items[index]), index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/**
 * Lets fast-check make a request again and smaller, as long as it shows the problem.
 *
 * @param {Victim} victim
 * @param {fc.Arbitrary<Shot>} arbitrary
 * @param {Law} law
 * @param {Finding} finding
 */
async function shrink(victim, arbitrary, law, { seed, index, shot }) {
  const property = fc.asyncProperty(arbitrary, async (again) => {
    return judge(again.bytes, await send(victim.port, again), law).problems.length === 0;
  });
  const { counterexample } = await fc.check(property, {
    seed,
    path: String(index),
    numRuns: index + 1,
    plugins: [fc.interruptAfterTimeLimit(20_000)],
  });
  const [smallest = shot] = /** @type {[Shot] | null} */ (counterexample) ?? [];
  return JSON.stringify(smallest.bytes.toString('latin1'));
}

/**
 * @param {Victim} victim
 * @param {import('./valid-requests.mjs').Target} target
 * @param {Law} law
 */
async function isIntact(victim, { port, route, id, token, proof }, law) {
  const head = `GET ${route}/${id}?proof=${proof}&token=${token} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  const { answers } = await send(port, { bytes: Buffer.from(head), cuts: [], vanish: false }, patience);
  const record = await victim.record(id);
  return (
    record.token === token &&
    answers.length === 1 &&
    answers.every(({ status, body }) => status === 200 && body[0] === 0 && body.length === 1 + law.pictureBytes)
  );
}
