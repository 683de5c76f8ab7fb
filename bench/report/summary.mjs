import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { draw } from './chart.mjs';

/** @typedef {import('./line.mjs').Line} Line */

/**
 * The figures of the README: from the latest results of storage, serving and browser, by name and what stands beside us.
 * What is slower is in it, too.
 *
 * @type {{ heading: string, lines: [results: string, name: string, against: string, shown: string][] }[]}
 */
const panels = [
  {
    heading: 'Times as fast as pixstore 3.2.1, which syncs nothing',
    lines: [
      ['storage', 'save 5 KB, 16 at once', 'peer', 'durable saves of 5 KB'],
      ['storage', 'save 528 KB, 16 at once', 'peer', 'durable saves of 528 KB'],
      ['serving', 'GET 5 KB', 'peer', 'requests for 5 KB'],
      ['serving', 'GET 528 KB', 'peer', 'requests for 528 KB'],
      ['browser', 'first visit, 500 x 5 KB', 'peer', 'gallery of 500 x 5 KB, never seen'],
      ['browser', 'next visit, 500 x 5 KB', 'peer', 'the same, next visit'],
      ['browser', 'first visit, 50 x 528 KB', 'peer', 'gallery of 50 x 528 KB, never seen'],
    ],
  },
  {
    heading: 'Times as fast as what encrypts nothing',
    lines: [
      ['serving', 'GET 5 KB, beside bare node:http', 'bare node:http', 'requests for 5 KB : bare node:http'],
      ['browser', 'first visit, 500 x 5 KB', 'fetch', '500 x 5 KB, never seen : fetch'],
      ['browser', 'next visit, 500 x 5 KB', 'fetch', '500 x 5 KB, next visit : HTTP cache'],
      ['browser', 'first visit, 50 x 528 KB', 'fetch', '50 x 528 KB, never seen : fetch'],
      ['browser', 'next visit, 50 x 528 KB', 'fetch', '50 x 528 KB, next visit : HTTP cache'],
    ],
  },
];

/**
 * Draws the figures of the README, if all results are in the folder.
 *
 * @param {string} folder
 */
export function keepSummary(folder) {
  const names = ['storage', 'serving', 'browser'];
  if (names.every((name) => existsSync(join(folder, `${name}.json`)))) {
    writeFileSync(
      join(folder, 'summary.svg'),
      summaryOf((name) => readFileSync(join(folder, `${name}.json`), 'utf8')),
    );
  }
}

/**
 * @param {(name: string) => string} read the JSON of some results
 * @returns {string} an SVG
 */
export function summaryOf(read) {
  const results = Object.fromEntries(['storage', 'serving', 'browser'].map((name) => [name, JSON.parse(read(name))]));
  const { machine } = results.storage;
  const dates = Object.entries(results).map(([name, { date }]) => `${name} ${date}`);
  return draw({
    heads: [
      'pixstore, side by side',
      `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${dates.join(', ')}`,
    ],
    description: 'pixstore beside pixstore 3.2.1, plain fetch and bare node:http: how many times as fast',
    panels: panels.map(({ heading, lines }) => ({
      heading,
      scale: 'ratio',
      lines: lines.map(([name, ...picked]) => shownLine(results[name].lines, ...picked)),
    })),
  });
}

/**
 * @param {Line[]} lines
 * @param {string} name
 * @param {string} against
 * @param {string} shown what it is called here
 * @returns {Line}
 */
function shownLine(lines, name, against, shown) {
  const found = lines.find((line) => line.name === name && line.against === against);
  if (!found) throw new Error(`The results have no line "${name}" beside ${against}.`);
  return { ...found, name: shown, budget: null, verdict: (found.ratio ?? 0) < 1 ? 'short' : 'pass' };
}
