// `node bench/threshold.mjs`: up to which size do ciphertexts fare better in SQLite than in files of their own?
import { parseArgs } from 'node:util';
import { rounds, timed, withContestant } from './measures/bench.mjs';
import { median } from './report/line.mjs';
import { keep } from './report/results.mjs';
import { align, figure, times } from './report/table.mjs';
import { describeMachine, makePlace } from './setup/place.mjs';
import { buildProject, commit } from './setup/project.mjs';

const kibibyte = 1024;
const sizes = [8, 16, 32, 64, 128, 256].map((count) => count * kibibyte);
const inSqlite = { inlineUpTo: 64 * kibibyte * kibibyte };
const inFiles = { inlineUpTo: 0 };
const usage = 'node bench/threshold.mjs [--quick] [--no-build]';

/** Saves and reads a second, 16 at once, from the store itself: below what the backend keeps in memory. */
async function main() {
  const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, 'no-build': { type: 'boolean' } } });
  if (!options['no-build']) buildProject();
  const place = makePlace();
  const machine = describeMachine(place);
  /** @type {import('./measures/bench.mjs').Bench} */
  const bench = {
    place,
    quick: options.quick ?? false,
    runs: options.quick ? 1 : 5,
    duration: options.quick ? 500 : 2_000,
    warmUp: options.quick ? 200 : 700,
    contestants: ['ours'],
    progress: (what) => console.log(`  measuring: ${what}`),
  };

  const lines = [];
  for (const size of sizes) {
    bench.progress(`${size / kibibyte} KiB`);
    const values = await rounds(bench, [inSqlite, inFiles], (placement) => saveAndRead(bench, placement, size));
    const middle = (/** @type {typeof inSqlite} */ placement, /** @type {'save' | 'read'} */ work) =>
      median((values.get(placement) ?? []).map((value) => value[work]));
    lines.push({
      size,
      save: { sqlite: middle(inSqlite, 'save'), files: middle(inFiles, 'save') },
      read: { sqlite: middle(inSqlite, 'read'), files: middle(inFiles, 'read') },
      runs: { sqlite: values.get(inSqlite), files: values.get(inFiles) },
    });
  }

  const heads = ['', 'save: SQLite', 'files', 'ratio', 'read: SQLite', 'files', 'ratio'];
  const rows = lines.map(({ size, save, read }) => [`${size / kibibyte} KiB`, ...pair(save), ...pair(read)]);
  console.log(
    `\n${align(
      [heads, ...rows],
      heads.map(() => true),
    )}\n`,
  );
  if (!bench.quick) keep('threshold', { machine, commit: commit(), lines });
}

/**
 * @param {import('./measures/bench.mjs').Bench} bench
 * @param {{ inlineUpTo: number }} placement
 * @param {number} size
 */
function saveAndRead(bench, placement, size) {
  const work = async (/** @type {import('./measures/bench.mjs').Running} */ store) => {
    await store.call('fill', { count: 500, size });
    return {
      save: await timed(bench, store, 'save', { size, concurrency: 16 }),
      read: await timed(bench, store, 'read', { concurrency: 16 }),
    };
  };
  return withContestant(bench, 'ours', work, placement);
}

/** @param {{ sqlite: number, files: number }} rates */
function pair({ sqlite, files }) {
  return [figure(sqlite, '/s'), figure(files, '/s'), times(sqlite / files)];
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? `${error.message}\n${usage}` : error);
  process.exit(2);
}
