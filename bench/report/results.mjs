import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.mjs';
import { keepSummary } from './summary.mjs';

/**
 * What a run of the benchmark found.
 *
 * @typedef {object} Results
 * @property {import('./line.mjs').Line[]} lines
 * @property {Record<string, string | number>} machine
 * @property {string} commit
 * @property {number} runs
 */

/**
 * Keeps the results of a benchmark, and draws them.
 *
 * @param {string} name
 * @param {Results} results
 * @param {{ folder: string | undefined, drawing: import('./chart.mjs').Drawing | undefined }} where
 */
export function keepResults(name, results, { folder: wanted, drawing }) {
  const { date, folder } = keep(name, results, wanted);
  if (drawing) writeFileSync(join(folder, `${name}.svg`), chart({ ...results, date }, drawing));
  keepSummary(folder);
}

/**
 * Keeps the latest results; those of before are in the history of the repository.
 *
 * @param {string} name
 * @param {object} results
 * @param {string} [folder]
 */
export function keep(name, results, folder = fileURLToPath(new URL('../results/', import.meta.url))) {
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify({ date, ...results }, rounded, 2)}\n`);
  console.log(`Kept in ${relative(process.cwd(), path)}.`);
  return { date, folder };
}

/**
 * @param {string} _key
 * @param {unknown} value
 */
function rounded(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
