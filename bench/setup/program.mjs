import { parseArgs } from 'node:util';
import { keepResults } from '../report/results.mjs';
import { table } from '../report/table.mjs';
import { ensurePeer } from './peer.mjs';
import { describeMachine, makePlace } from './place.mjs';
import { buildProject, commit } from './project.mjs';

/** @typedef {import('../measures/bench.mjs').Bench} Bench */
/** @typedef {(bench: Bench) => Promise<import('../report/line.mjs').Line[]>} Measure */

/**
 * A benchmark as a program of its own.
 *
 * @typedef {object} Program
 * @property {string} name its script is `bench:NAME`
 * @property {Record<string, Measure>} measures in the order they run
 * @property {Record<string, { measure: string, help: string }>} [flags] measurements that only run when asked for
 * @property {import('../report/chart.mjs').Drawing} drawing
 * @property {() => Promise<void>} [prepare] sees to it that what it needs is there
 */

/**
 * Measures, reports, and keeps the results. The exit code is 1 when a budget was not kept, 2 when the benchmark could
 * not run.
 *
 * @param {Program} program
 */
export async function runBenchmark(program) {
  try {
    process.exitCode = (await main(program)) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/** @param {Program} program @returns {Promise<boolean>} whether every budget was kept */
async function main(program) {
  const options = readArguments(program);
  await program.prepare?.();
  if (!options['no-build']) buildProject();
  if (!options['no-peer']) await ensurePeer();
  const place = makePlace();
  const machine = describeMachine(place);
  console.log(
    Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', '),
  );

  const quick = options.quick ?? false;
  /** @type {Bench} */
  const bench = {
    place,
    quick,
    runs: quick ? 1 : 5,
    duration: quick ? 500 : 2_000,
    warmUp: quick ? 200 : 700,
    contestants: options['no-peer'] ? ['ours'] : ['ours', 'peer'],
    progress: (what) => console.log(`  measuring: ${what}`),
  };
  const lines = [];
  for (const name of options.names) lines.push(...(await program.measures[name](bench)));

  console.log(`\n${table(lines)}\n`);
  if (!quick || options.out) {
    const drawing = !options.only || options.out !== undefined ? program.drawing : undefined;
    // What is only a part does not take the place of the whole.
    const name = options.only && !options.out ? `${program.name}-${options.only.replaceAll(',', '-')}` : program.name;
    keepResults(name, { lines, machine, commit: commit(), runs: bench.runs }, { folder: options.out, drawing });
  }
  const count = (/** @type {string | null} */ wanted) => budgeted.filter(({ verdict }) => verdict === wanted).length;
  const budgeted = lines.filter(({ budget }) => budget !== null);
  console.log(`Budgets: ${count('pass')} kept, ${count('short')} short, ${count(null)} without a peer to judge by.`);
  return count('short') === 0;
}

/** @param {Program} program */
function readArguments(program) {
  const { measures, flags = {} } = program;
  const flag = /** @type {const} */ ({ type: 'boolean' });
  const text = /** @type {const} */ ({ type: 'string' });
  const own = Object.fromEntries(Object.keys(flags).map((name) => [name, flag]));
  try {
    const { values } = parseArgs({
      options: { ...own, only: text, quick: flag, 'no-peer': flag, 'no-build': flag, out: text },
    });
    const seldom = Object.values(flags).map(({ measure }) => measure);
    const asked = Object.entries(flags).flatMap(([name, { measure }]) => (values[name] ? [measure] : []));
    const chosen = values.only?.split(',') ?? Object.keys(measures).filter((name) => !seldom.includes(name));
    const names = new Set([...chosen, ...asked]);
    for (const name of names) if (!(name in measures)) throw new Error(`There is no measurement "${name}".`);
    return { ...values, names };
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message}\n${usage(program)}`);
  }
}

/** @param {Program} program */
function usage({ name, measures, flags = {} }) {
  const lines = Object.entries({
    '--only a,b': `of ${Object.keys(measures).join(', ')}`,
    ...Object.fromEntries(Object.entries(flags).map(([flag, { help }]) => [`--${flag}`, help])),
    '--quick': 'one short run of each: does the bench work? Keeps no results unless --out is given',
    '--no-peer': 'without the peer, where its SQLite driver does not run',
    '--no-build': 'measure dist/ as it is',
    '--out DIR': 'where results go (bench/results; the drawing there is made by runs without --only)',
  }).map(([option, help]) => `  ${option.padEnd(12)} ${help}`);
  return [`npm run bench:${name} -- [options]`, ...lines].join('\n');
}
