import { load } from '../contestants/get.mjs';
import { freePort, settle, start } from '../contestants/start.mjs';
import { line } from '../report/line.mjs';
import { rounds, timed } from './bench.mjs';

/** @typedef {{ count: number, port: number, store: import('../contestants/start.mjs').Running }} Level */

const size = 1024;
const budget = 1.5;
const counts = { full: [1_000, 100_000, 1_000_000], quick: [1_000, 10_000, 50_000] };

/**
 * What the same work costs as the store grows. The stores stand side by side and take turns. Nothing is kept in memory:
 * all of a small store would be, and little of a large one, and that is no matter of the store's. The peer takes no
 * part: at its rate the million would take half an hour and a million files.
 */
export async function growth(/** @type {import('./bench.mjs').Bench} */ bench) {
  /** @type {Level[]} */
  const levels = [];
  for (const count of bench.quick ? counts.quick : counts.full) {
    bench.progress(`building a store of ${count.toLocaleString('en')} images`);
    const port = await freePort();
    const store = await start(bench.place, 'ours', { port, memoryCacheBytes: 0 });
    await store.call('fill', { count, size });
    levels.push({ count, port, store });
  }
  bench.progress('save, update, getImageRecord and GET in each of them');
  const values = await rounds(bench, levels, (level) => visit(bench, level));
  for (const { store } of levels) await store.end();

  const [base, ...larger] = levels;
  const works = {
    save: 'save',
    update: 'update',
    record: 'getImageRecord',
    afterChange: 'record after change',
    get: 'GET of 1,000 images',
    getAny: 'GET of any image',
  };
  return Object.entries(works).flatMap(([work, label]) =>
    larger.map((level) =>
      line({
        group: 'growth',
        name: `${label}, at ${level.count.toLocaleString('en')} images`,
        unit: '/s',
        ours: values.get(level)?.map((value) => value[work]) ?? [],
        other: values.get(base)?.map((value) => value[work]),
        against: `at ${base.count.toLocaleString('en')}`,
        // A look-up right after a change has no budget, here as little as beside the peer.
        slowerAtMost: work === 'afterChange' ? undefined : budget,
      }),
    ),
  );
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {Level} level
 * @returns {Promise<Record<string, number>>}
 */
async function visit(bench, { store, port }) {
  const many = { size, concurrency: 16 };
  await store.call('saveAndRemove', { ...many, count: 500 });
  settle(bench.place);
  const save = await store.call('saveAndRemove', { ...many, count: 4_000 });
  const update = await timed(bench, store, 'update', many);
  const record = await timed(bench, store, 'record', {});
  const afterChange = await timed(bench, store, 'recordAfterChange', { size });
  const get = await getOf(bench, { store, port }, 1_000);
  const getAny = await getOf(bench, { store, port }, 20_000); // more than are asked for while it lasts
  return { save, update, record, afterChange, get, getAny };
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {Pick<Level, 'store' | 'port'>} level
 * @param {number} count of images, asked for in turn
 */
async function getOf(bench, { store, port }, count) {
  const requests = { port, records: await store.call('handOut', { count }), connections: 32 };
  await load({ ...requests, duration: bench.warmUp });
  const { perSecond } = await load({ ...requests, duration: bench.duration });
  return perSecond;
}
