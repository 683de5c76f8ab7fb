import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chart } from './chart.mjs';

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
 * Keeps the results of the storage benchmark, and draws them.
 *
 * @param {Results} results
 * @param {{ out: string | undefined, draw: boolean }} where
 */
export function keepStorageResults(results, { out, draw }) {
  const { date, folder } = keep('storage', results, out);
  if (draw) writeFileSync(join(folder, 'storage.svg'), chart({ ...results, date }));
}

/**
 * Keeps results in a file that is called after the day.
 *
 * @param {string} name
 * @param {object} results
 * @param {string} [folder]
 */
export function keep(name, results, folder = fileURLToPath(new URL('../results/', import.meta.url))) {
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const path = freePath(join(folder, `${name}-${date}`));
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

/** @param {string} stem */
function freePath(stem) {
  for (let number = 1; ; number += 1) {
    const path = `${stem}${number === 1 ? '' : `-${number}`}.json`;
    if (!existsSync(path)) return path;
  }
}
