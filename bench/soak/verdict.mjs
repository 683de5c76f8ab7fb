import { median } from '../report/line.mjs';

/** @typedef {{ rss: number, heap: number, descriptors: number, wal: number }} Sample bytes; open files */

const mebibyte = 1024 * 1024;
const walLimit = 64 * mebibyte;

/**
 * What grew that should not. The first fifth does not count: caches fill and code is compiled. A tenth and 16 MiB are
 * what garbage collection moves by itself.
 *
 * @param {Sample[]} samples at even distances in time
 * @returns {string[]}
 */
export function findGrowth(samples) {
  const counted = samples.slice(Math.floor(samples.length / 5));
  const third = Math.ceil(counted.length / 3);
  const [first, last] = [counted.slice(0, third), counted.slice(-third)];
  const problems = [];
  for (const name of /** @type {const} */ (['rss', 'heap'])) {
    const [before, after] = [first, last].map((part) => median(part.map((sample) => sample[name])));
    console.log(`${name}: ${mib(before)} MiB in the first third, ${mib(after)} MiB in the last`);
    if (after > before * 1.1 + 16 * mebibyte) problems.push(`${name} grew`);
  }
  const most = (/** @type {Sample[]} */ part) => Math.max(...part.map(({ descriptors }) => descriptors));
  if (most(last) > most(first) + 32) problems.push(`open files grew from ${most(first)} to ${most(last)}`);
  const wal = Math.max(...samples.map((sample) => sample.wal));
  if (wal > walLimit) problems.push(`the WAL reached ${mib(wal)} MiB`);
  return problems;
}

/** @param {number} bytes */
export function mib(bytes) {
  return (bytes / mebibyte).toFixed(1);
}
