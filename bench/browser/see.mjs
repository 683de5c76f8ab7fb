import { rounds } from '../measures/bench.mjs';
import { line } from '../report/line.mjs';
import { setStage } from './stage.mjs';

/** @typedef {import('./stage.mjs').Visit} Visit */
/** @typedef {import('./stage.mjs').Kind} Kind */
/** @typedef {'first' | 'next' | 'same' | 'dropped'} Phase */
/** @typedef {Partial<Record<Kind, Record<Phase, Visit>[]>>} Seen */

/** @type {Record<Phase, string>} */
export const phases = {
  first: 'first visit',
  next: 'next visit',
  same: 'same page',
  dropped: 'same page, Blobs dropped',
};

/**
 * Has every contestant show the same gallery four times, in a fresh profile each round: never seen, in a browser that
 * was closed and opened again, once more on a page that holds the Blobs, and on one that let go of them.
 *
 * @param {import('../measures/bench.mjs').Bench} bench
 * @param {{ count: number, size: number }} images
 * @param {import('./stage.mjs').Conditions} [conditions]
 * @returns {Promise<Seen>} what each saw, round by round
 */
export async function see(bench, images, conditions) {
  /** @type {Kind[]} */
  const kinds = [...bench.contestants, 'plain', 'sealed'];
  const stage = await setStage(bench.place, kinds, images);
  const once = (/** @type {Kind} */ kind) => seeAll(stage, { kind }, conditions);
  // Servers whose code is not compiled yet are not what users meet. The browsers start anew every time.
  if (!bench.quick) for (const kind of kinds) await once(kind);
  const seen = await rounds(bench, kinds, once);
  await stage.end();
  return Object.fromEntries(seen);
}

/**
 * @param {Awaited<ReturnType<typeof setStage>>} stage
 * @param {import('./stage.mjs').Entrant} entrant
 * @param {import('./stage.mjs').Conditions} [conditions]
 * @returns {Promise<Record<Phase, Visit>>}
 */
async function seeAll(stage, entrant, conditions) {
  const profile = stage.freshProfile();
  const onePage = async (/** @type {import('./stage.mjs').Page} */ page) => {
    const first = await stage.visit(page);
    await page.evaluate(() => globalThis.gallery.settle());
    const same = await stage.visit(page);
    await page.evaluate(() => globalThis.gallery.letGo());
    await page.send('HeapProfiler.collectGarbage');
    return { first, same, dropped: await stage.visit(page) };
  };
  const { first, same, dropped } = await stage.withPage(profile, entrant, onePage, conditions);
  const next = await stage.withPage(profile, entrant, stage.visit, conditions);
  await stage.removeProfile(profile);
  return { first, next, same, dropped };
}

/**
 * One figure of every visit, by contestant.
 *
 * @param {Seen} seen
 * @param {Phase} phase
 * @param {(visit: Visit) => number} figure
 * @returns {{ ours: number[], peer?: number[], plain?: number[], sealed?: number[] }}
 */
export function figures(seen, phase, figure) {
  const of = (/** @type {Kind} */ kind) => seen[kind]?.map((visits) => figure(visits[phase]));
  return { ours: of('ours') ?? [], peer: of('peer'), plain: of('plain'), sealed: of('sealed') };
}

/**
 * Two lines, since a budget is against somebody: how many times as fast as the peer, and as plain `fetch`.
 *
 * @param {Omit<Parameters<typeof line>[0], 'unit' | 'ours' | 'other' | 'against'>} told
 * @param {ReturnType<typeof figures>} times in ms
 * @param {{ peer?: number, plain?: number }} [budgets]
 */
export function speedLines(told, { ours, peer, plain }, budgets = {}) {
  const common = { ...told, unit: /** @type {const} */ ('ms'), faster: true, ours };
  return [
    line({ ...common, other: peer, fasterAtLeast: budgets.peer }),
    line({ ...common, other: plain, against: 'fetch', fasterAtLeast: budgets.plain }),
  ];
}
