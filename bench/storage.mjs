// `npm run bench:storage`: the local store beside pixstore 3.2.1 from the registry, and beside its own budgets.
import { parseArgs } from 'node:util';
import { growth } from './measures/growth.mjs';
import { memory } from './measures/memory.mjs';
import { record } from './measures/record.mjs';
import { save } from './measures/save.mjs';
import { serving } from './measures/serving.mjs';
import { update } from './measures/update.mjs';
import { keepStorageResults } from './report/results.mjs';
import { table } from './report/table.mjs';
import { ensurePeer } from './setup/peer.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const measures = { save, update, record, memory, serving, growth };
const usage = `npm run bench:storage -- [options]
  --only a,b   of ${Object.keys(measures).join(', ')} (all but growth)
  --grow       also the growth to a million images (minutes, 4 GB of disk)
  --quick      one short run of each: does the bench work? Keeps no results unless --out is given
  --no-peer    without the peer, where its SQLite driver does not run
  --no-build   measure dist/ as it is
  --out DIR    where results go (bench/results; the drawing there is made by runs without --only)`;

/** @returns {Promise<boolean>} whether every budget was kept */
async function main() {
  const options = readArguments();
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
  /** @type {import('./measures/bench.mjs').Bench} */
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
  for (const name of options.names) lines.push(...(await measures[name](bench)));

  console.log(`\n${table(lines)}\n`);
  const results = { lines, machine, commit: commit(), runs: bench.runs };
  if (!quick || options.out)
    keepStorageResults(results, { out: options.out, draw: !options.only || options.out !== undefined });
  const count = (/** @type {string | null} */ wanted) => budgeted.filter(({ verdict }) => verdict === wanted).length;
  const budgeted = lines.filter(({ budget }) => budget !== null);
  console.log(`Budgets: ${count('pass')} kept, ${count('short')} short, ${count(null)} without a peer to judge by.`);
  return count('short') === 0;
}

function readArguments() {
  const flag = /** @type {const} */ ({ type: 'boolean' });
  const text = /** @type {const} */ ({ type: 'string' });
  try {
    const { values } = parseArgs({
      options: { only: text, grow: flag, quick: flag, 'no-peer': flag, 'no-build': flag, out: text },
    });
    const chosen = values.only?.split(',') ?? Object.keys(measures).filter((name) => name !== 'growth');
    const names = new Set(values.grow ? [...chosen, 'growth'] : chosen);
    for (const name of names) if (!(name in measures)) throw new Error(`There is no measurement "${name}".`);
    return { ...values, names };
  } catch (error) {
    throw new Error(`${/** @type {Error} */ (error).message}\n${usage}`);
  }
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
