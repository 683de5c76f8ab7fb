import { setStage, visit } from '../browser/stage.mjs';
import { line } from '../report/line.mjs';
import { rounds } from './bench.mjs';

/** @typedef {import('../browser/stage.mjs').Visit} Visit */

const kibibyte = 1024;
const galleries = [
  { count: 500, size: 5 * kibibyte },
  { count: 200, size: 56 * kibibyte },
];
const network = { latency: 40, mbit: 20 };

/** @type {Record<string, import('../browser/stage.mjs').Entrant>} */
const entrants = {
  ours: { kind: 'ours' },
  single: { kind: 'ours', config: { single: true } },
  peer: { kind: 'peer' },
  plain: { kind: 'plain' },
};

/**
 * Until the first row of pictures is there on a network that is no loopback. Fetching many at once must not make those
 * wait that are seen first: the same frontend stands beside, with a request for every picture.
 */
export async function slowNetwork(/** @type {import('./bench.mjs').Bench} */ bench) {
  const names = Object.keys(entrants).filter((name) => name !== 'peer' || bench.contestants.includes('peer'));
  const kinds = [...new Set(names.map((name) => entrants[name].kind))];
  const lines = [];
  for (const { count, size } of galleries) {
    const gallery = `${count} x ${size / kibibyte} KB, ${network.latency} ms and ${network.mbit} Mbit/s`;
    bench.progress(`first visit, ${gallery}`);
    const stage = await setStage(bench.place, kinds, { count, size });
    const seen = await rounds(bench, names, async (name) => {
      const profile = stage.freshProfile();
      const seen = await stage.withPage(profile, entrants[name], visit, { network });
      await stage.removeProfile(profile);
      return seen;
    });
    await stage.end();

    const of = (/** @type {string} */ name, /** @type {'firstRow' | 'all'} */ what) =>
      seen.get(name)?.map((visit) => visit[what]);
    const beside = (/** @type {string} */ against, /** @type {'firstRow' | 'all'} */ what) =>
      /** @type {const} */ ({ unit: 'ms', ours: of('ours', what) ?? [], other: of(against, what) });
    const group = 'slow network';
    const [firstRow, all] = [`first row, ${gallery}`, `all, ${gallery}`];
    lines.push(
      line({ group, name: firstRow, ...beside('single', 'firstRow'), against: 'single GETs', atMost: 1 }),
      line({ group, name: firstRow, ...beside('peer', 'firstRow'), faster: true }),
      line({ group, name: firstRow, ...beside('plain', 'firstRow'), against: 'fetch', faster: true }),
      line({ group, name: all, ...beside('single', 'all'), against: 'single GETs', faster: true }),
      line({ group, name: all, ...beside('peer', 'all'), faster: true }),
      line({ group, name: all, ...beside('plain', 'all'), against: 'fetch', faster: true }),
    );
  }
  return lines;
}
