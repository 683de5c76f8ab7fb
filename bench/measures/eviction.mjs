import { cp } from 'node:fs/promises';
import { setStage } from '../browser/stage.mjs';
import { line } from '../report/line.mjs';
import { rounds } from './bench.mjs';

const kibibyte = 1024;
const shown = 1_000; // pictures of the gallery that scrolls
const duration = 5_000; // ms of scrolling

/**
 * Frames that a scrolling gallery loses while a tenth of a large cache is evicted. The limit of the cache was lowered
 * since the last visit, and one picture more sets off the eviction.
 */
export async function eviction(/** @type {import('./bench.mjs').Bench} */ bench) {
  const entries = bench.quick ? 2_000 : 10_000;
  const limit = entries * 0.9;
  bench.progress(`eviction of ${entries - limit} of ${entries}`);
  const stage = await setStage(bench.place, bench.contestants, { count: entries + 1, size: kibibyte });
  /** @type {Map<string, string>} */
  const full = new Map();
  for (const kind of bench.contestants) full.set(kind, await fill(stage, kind, entries));
  const seen = await rounds(bench, bench.contestants, async (kind) => {
    const profile = stage.freshProfile();
    await cp(full.get(kind) ?? '', profile, { recursive: true, verbatimSymlinks: true });
    const scrolled = await scroll(stage, profile, kind, { entries, limit });
    await stage.removeProfile(profile);
    return scrolled;
  });
  await stage.end();

  const pick = (/** @type {'ours' | 'peer'} */ kind, /** @type {(scrolled: Scrolled) => number} */ figure) =>
    seen.get(kind)?.map(figure);
  const both = (/** @type {(scrolled: Scrolled) => number} */ figure) => ({
    ours: pick('ours', figure) ?? [],
    other: pick('peer', figure),
  });
  const group = 'eviction';
  const what = `${(entries - limit).toLocaleString('en')} of ${entries.toLocaleString('en')} evicted`;
  return [
    line({
      group,
      name: `frames dropped in ${duration / 1000} s, ${what}`,
      unit: 'frames',
      ours: pick('ours', ({ during }) => during.dropped) ?? [],
      other: pick('ours', ({ before }) => before.dropped),
      against: 'no eviction',
    }),
    line({ group, name: `frames dropped, ${what}`, unit: 'frames', ...both(({ during }) => during.dropped) }),
    line({
      group,
      name: `tasks over 50 ms, ${what}`,
      unit: 'tasks',
      ...both(({ during }) => during.longTasks.length),
      limit: 0,
    }),
    line({ group, name: `left on disk, ${what}`, unit: 'images', ...both(({ left }) => left), limit }),
  ];
}

/** @typedef {{ frames: number, dropped: number, longTasks: number[] }} Scrolling */
/** @typedef {{ before: Scrolling, during: Scrolling, left: number }} Scrolled */

/**
 * A profile with so many pictures on disk.
 *
 * @param {Awaited<ReturnType<typeof setStage>>} stage
 * @param {'ours' | 'peer'} kind
 * @param {number} entries
 */
async function fill(stage, kind, entries) {
  const profile = stage.freshProfile();
  const roomy = { options: { frontendImageCacheLimit: 2 * entries } };
  await stage.withPage(profile, { kind, config: roomy }, async (page) => {
    const step = 500;
    for (let begin = 0; begin < entries; begin += step) {
      await page.evaluate((which) => globalThis.gallery.visit(which), { begin, end: begin + step });
    }
    await page.evaluate((count) => globalThis.gallery.settle(count), entries);
    const kept = await page.evaluate(() => globalThis.gallery.kept());
    if (kept < entries) throw new Error(`${kind} kept ${kept} of ${entries} images.`);
  });
  return profile;
}

/**
 * @param {Awaited<ReturnType<typeof setStage>>} stage
 * @param {string} profile
 * @param {'ours' | 'peer'} kind
 * @param {{ entries: number, limit: number }} cache
 * @returns {Promise<Scrolled>}
 */
function scroll(stage, profile, kind, { entries, limit }) {
  return stage.withPage(profile, { kind, config: { options: { frontendImageCacheLimit: limit } } }, async (page) => {
    await page.evaluate((which) => globalThis.gallery.visit(which), { begin: 0, end: shown });
    await page.evaluate(() => globalThis.gallery.show());
    await page.evaluate(() => globalThis.gallery.settle(0)); // what was noted about the visit is written
    const before = await page.evaluate((what) => globalThis.gallery.scroll(what), { duration });
    const during = await page.evaluate((what) => globalThis.gallery.scroll(what), { duration, ask: entries });
    return { before, during, left: await page.evaluate(() => globalThis.gallery.kept()) };
  });
}
