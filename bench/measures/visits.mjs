import { figures, phases, see, speedLines } from '../browser/see.mjs';
import { line, median } from '../report/line.mjs';

/** @typedef {import('../browser/see.mjs').Seen} Seen */
/** @typedef {import('../browser/see.mjs').Phase} Phase */

const kibibyte = 1024;
/**
 * Budgets: how many times as fast as the peer, and as plain `fetch`.
 *
 * @type {{ count: number, size: number, budgets: Partial<Record<Phase, { peer?: number, plain?: number }>> }[]}
 */
export const galleries = [
  {
    count: 500,
    size: 5 * kibibyte,
    budgets: { first: { peer: 15, plain: 8 }, next: { peer: 5, plain: 5 }, same: { peer: 100 } },
  },
  { count: 200, size: 56 * kibibyte, budgets: { first: { peer: 5 }, next: { peer: 3 }, same: { peer: 100 } } },
  { count: 50, size: 528 * kibibyte, budgets: { first: { peer: 2 }, next: { peer: 2 }, same: { peer: 100 } } },
];
const floors = { first: 'one fetch, WebCrypto', next: 'one transaction, WebCrypto', same: 'a Map', dropped: 'a Map' };

/**
 * How long a gallery takes that was never seen, that was seen before, and that is asked for again on the same page, which
 * holds its Blobs or let go of them.
 */
export async function visits(/** @type {import('./bench.mjs').Bench} */ bench) {
  const lines = [];
  for (const { count, size, budgets } of galleries) {
    const gallery = `${count} x ${size / kibibyte} KB`;
    bench.progress(`visits, ${gallery}`);
    const seen = await see(bench, { count, size });
    for (const phase of /** @type {Phase[]} */ (Object.keys(phases))) {
      lines.push(...linesOf(seen, phase, gallery, budgets[phase]));
    }
  }
  return lines;
}

/**
 * @param {Seen} seen
 * @param {Phase} phase
 * @param {string} gallery
 * @param {{ peer?: number, plain?: number }} [budgets]
 */
function linesOf(seen, phase, gallery, budgets) {
  const group = phase;
  const name = `${phases[phase]}, ${gallery}`;
  const all = figures(seen, phase, (visit) => visit.all);
  const floor = { name: floors[phase], value: median(all.sealed ?? []) };
  const lines = speedLines({ group, name, floor }, all, budgets);
  if (phase === 'first' || phase === 'next') {
    const first = figures(seen, phase, (visit) => visit.first);
    lines.push(...speedLines({ group, name: `first picture, ${name}` }, first));
    const firstRow = figures(seen, phase, (visit) => visit.firstRow);
    lines.push(...speedLines({ group, name: `first row, ${name}` }, firstRow));
  }
  if (phase !== 'first') {
    const { ours, peer: other } = figures(seen, phase, ({ longTasks }) => longTasks.length);
    lines.push(line({ group, name: `tasks over 50 ms, ${name}`, unit: 'tasks', ours, other, limit: 0 }));
  }
  if (phase === 'next') {
    const { ours, peer: other } = figures(seen, phase, ({ requests }) => requests);
    lines.push(line({ group, name: `requests, ${name}`, unit: 'requests', ours, other, limit: 0 }));
  }
  return lines;
}
