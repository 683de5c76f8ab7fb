import { settle, start } from '../contestants/start.mjs';

/** @typedef {import('../contestants/start.mjs').Running} Running */

/**
 * One run of the benchmark: how thorough it is, who takes part.
 *
 * @typedef {object} Bench
 * @property {string} place the folder everything is written to
 * @property {number} runs of which the median counts
 * @property {number} duration ms of one timed stretch
 * @property {number} warmUp ms before it
 * @property {boolean} quick a look whether the benchmark works
 * @property {('ours' | 'peer')[]} contestants
 * @property {(what: string) => void} progress
 */

/**
 * @template Entrant, Value
 * @param {Bench} bench
 * @param {Entrant[]} entrants they take turns, so that a machine that slows down slows all alike
 * @param {(entrant: Entrant) => Promise<Value>} once
 * @returns {Promise<Map<Entrant, Value[]>>} a value for each run
 */
export async function rounds(bench, entrants, once) {
  /** @type {Map<Entrant, Value[]>} */
  const values = new Map(entrants.map((entrant) => [entrant, []]));
  for (let run = 0; run < bench.runs; run += 1) {
    for (const entrant of entrants) values.get(entrant)?.push(await once(entrant));
  }
  return values;
}

/**
 * Runs work with a contestant in a process and a folder of its own, on a disk that has come to rest.
 *
 * @template Value
 * @param {Bench} bench
 * @param {Parameters<typeof start>[1]} kind
 * @param {(contestant: Running) => Promise<Value>} work
 * @param {object} [options]
 * @param {Record<string, string>} [env]
 */
export async function withContestant(bench, kind, work, options, env) {
  settle(bench.place);
  const contestant = await start(bench.place, kind, options, env);
  const value = await work(contestant);
  await contestant.end();
  return value;
}

/**
 * Does the same work twice: first for a short while, so that code is compiled and files are there, then timed, on a
 * disk that has come to rest.
 *
 * @param {Bench} bench
 * @param {Running} contestant
 * @param {string} name one of work.mjs
 * @param {object} argument
 * @returns {Promise<number>}
 */
export async function timed(bench, contestant, name, argument) {
  await contestant.call(name, { ...argument, duration: bench.warmUp });
  settle(bench.place);
  return contestant.call(name, { ...argument, duration: bench.duration });
}
