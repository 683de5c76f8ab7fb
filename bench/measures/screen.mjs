import { engines } from '../browser/screen/engines.mjs';
import { setScreenStage } from '../browser/screen/stage.mjs';
import { line, median } from '../report/line.mjs';
import { rounds } from './bench.mjs';

/** @typedef {import('../browser/screen/engines.mjs').Engine} Engine */
/** @typedef {import('../browser/screen/stage.mjs').Kind} Kind */
/** @typedef {import('../browser/pages/screen/run.mjs').Visit} Visit */
/** @typedef {'first' | 'next'} Phase */
/** @typedef {Map<Kind, Record<Phase, Visit>[]>} Seen */

const kibibyte = 1024;

/**
 * How many times as fast as plain `<img>` all pictures are to be there, on the first visit and on the next.
 *
 * @typedef {Partial<Record<Engine, [first: number, next: number]>>} Budgets
 */

/**
 * @typedef {object} Gallery
 * @property {number} count
 * @property {number} size bytes of a picture
 * @property {number} tile CSS pixels of a side
 * @property {Budgets} [budgets]
 * @property {Engine[]} [only] all engines unless given
 * @property {{ name: string, of: import('../browser/stage.mjs').Conditions }} [conditions]
 */

/** @type {Gallery[]} */
const galleries = [
  {
    count: 500,
    size: 5 * kibibyte,
    tile: 40,
    budgets: { chromium: [3.3, 2], firefox: [2, 1.9], webkit: [1.8, 0.73] },
  },
  {
    count: 200,
    size: 56 * kibibyte,
    tile: 40,
    budgets: { chromium: [1.8, 1.8], firefox: [1.7, 1.3], webkit: [0.8, 0.8] },
  },
  {
    count: 50,
    size: 528 * kibibyte,
    tile: 40,
    budgets: { chromium: [3, 2.5], firefox: [0.65, 0.55], webkit: [0.73, 1] },
  },
];

/** @type {Gallery[]} */
const withLargeTiles = [
  { count: 200, size: 56 * kibibyte, tile: 220 },
  { count: 50, size: 528 * kibibyte, tile: 220 },
];

/** @type {Gallery[]} */
const growing = [50, 200, 2_000, 5_000].map((count) => ({
  count,
  size: 5 * kibibyte,
  tile: 40,
  only: ['chromium'],
}));

const conditions = [
  { name: '40 ms and 20 Mbit/s', of: { network: { latency: 40, mbit: 20 } } },
  { name: 'CPU 4x slower', of: { slowdown: 4 } },
];

/** @type {Gallery[]} */
const underStrain = conditions.flatMap((condition) =>
  [
    { count: 500, size: 5 * kibibyte },
    { count: 200, size: 56 * kibibyte },
  ].map((images) => ({ ...images, tile: 40, only: ['chromium'], conditions: condition })),
);

const phases = { first: 'first visit', next: 'next visit' };
const milestones = /** @type {const} */ ({ first: 'first picture', firstRow: 'first row of 24', all: 'all' });

/**
 * Until pictures are on the screen and two frames were drawn: `<pixstore-image>`, and `getImageUrl` with an `<img>`, beside
 * plain `<img>`, the peer, and the least that the same path can take. In three engines.
 */
export const screen = showing(galleries);
/** The same with tiles that show more of a picture. */
export const largeTiles = showing(withLargeTiles);
/** How it grows with the number of pictures. */
export const growth = showing(growing);
/** On a slow network, and on a slow processor: of the page's own thread, which is all that Chromium slows down. */
export const strain = showing(underStrain);

/** @param {Gallery[]} all @returns {import('../setup/program.mjs').Measure} */
function showing(all) {
  return async (bench) => {
    const lines = [];
    for (const gallery of bench.quick ? all.slice(0, 1) : all) lines.push(...(await show(bench, gallery)));
    return lines;
  };
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {Gallery} gallery
 */
async function show(bench, { count, size, tile, budgets = {}, only = engines, conditions }) {
  const lines = [];
  const gallery = `${count} x ${size / kibibyte} KB at ${tile} px${conditions ? `, ${conditions.name}` : ''}`;
  /** @type {Kind[]} */
  const kinds = ['plain', 'element', 'floor-painted', 'url', 'floor-url'];
  if (bench.contestants.includes('peer')) kinds.push('peer');
  const stage = await setScreenStage(bench.place, kinds, { count, size });
  for (const engine of only) {
    bench.progress(`screen, ${gallery}, ${engine}`);
    // The peer is told of in Chromium alone, as in all other lines.
    const entrants = kinds.filter((kind) => kind !== 'peer' || engine === 'chromium');
    const seen = await rounds(bench, entrants, (kind) => stage.visits(engine, kind, tile, conditions?.of));
    for (const phase of /** @type {Phase[]} */ (['first', 'next'])) {
      const budget = budgets[engine]?.[phase === 'first' ? 0 : 1];
      lines.push(...linesOf(seen, phase, { name: `${phases[phase]}, ${gallery}, ${engine}`, budget }));
    }
    if (count === 2_000) lines.push(...smoothness(seen, gallery));
  }
  await stage.end();
  return lines;
}

/**
 * @param {Seen} seen
 * @param {Phase} phase
 * @param {{ name: string, budget: number | undefined }} told
 */
function linesOf(seen, phase, { name, budget }) {
  const group = 'screen';
  const figures = (/** @type {Kind} */ kind, /** @type {keyof typeof milestones} */ of) =>
    seen.get(kind)?.map((visits) => visits[phase][of]) ?? [];
  const floorOf = (/** @type {Kind} */ kind) => ({ name: 'the same path', value: median(figures(kind, 'all')) });
  const common = /** @type {const} */ ({ group, unit: 'ms' });
  const isFirstOfSmall = name.endsWith('500 x 5 KB at 40 px, chromium');
  const lines = [];
  for (const [of, milestone] of /** @type {[keyof typeof milestones, string][]} */ (Object.entries(milestones))) {
    const isAll = of === 'all';
    const row = isFirstOfSmall && of === 'firstRow' ? (phase === 'first' ? 4 : 1.2) : undefined;
    const plain = { against: '<img>', other: figures('plain', of), faster: true };
    lines.push(
      line({
        ...common,
        ...plain,
        name: `<pixstore-image>, ${milestone}, ${name}`,
        ours: figures('element', of),
        ...(isAll && { fasterAtLeast: budget, floor: floorOf('floor-painted') }),
      }),
      line({
        ...common,
        ...plain,
        name: `getImageUrl, ${milestone}, ${name}`,
        ours: figures('url', of),
        fasterAtLeast: row,
        ...(isAll && { floor: floorOf('floor-url') }),
      }),
    );
  }
  lines.push(
    line({
      ...common,
      name: `<pixstore-image> beside the same path, ${name}`,
      ours: figures('element', 'all'),
      other: figures('floor-painted', 'all'),
      against: 'floor',
      atMost: 1.3,
    }),
    line({
      ...common,
      name: `getImageUrl beside the same path, ${name}`,
      ours: figures('url', 'all'),
      other: figures('floor-url', 'all'),
      against: 'floor',
      atMost: 1.25,
    }),
  );
  if (seen.has('peer')) {
    const other = figures('peer', 'all');
    const told = `<pixstore-image> beside the peer, ${name}`;
    lines.push(line({ ...common, name: told, ours: figures('element', 'all'), other, faster: true }));
  }
  return lines;
}

/**
 * @param {Seen} seen
 * @param {string} gallery
 */
function smoothness(seen, gallery) {
  const of = (/** @type {keyof Visit} */ figure) => seen.get('element')?.map(({ first }) => first[figure]) ?? [];
  return [
    line({ group: 'screen', name: `drawn, ${gallery}`, unit: 'ms', ours: of('all'), limit: 500 }),
    line({ group: 'screen', name: `longest task, ${gallery}`, unit: 'ms', ours: of('longest'), limit: 50 }),
  ];
}
