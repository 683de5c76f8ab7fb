import { figures, phases, see, speedLines } from '../browser/see.mjs';

/** @typedef {import('../browser/see.mjs').Phase} Phase */

const kibibyte = 1024;

/** The gallery of small pictures on a processor that is four times as slow. */
export async function slowCpu(/** @type {import('./bench.mjs').Bench} */ bench) {
  bench.progress('visits with a slow CPU');
  const seen = await see(bench, { count: 500, size: 5 * kibibyte }, { slowdown: 4 });
  return Object.entries(phases).flatMap(([phase, name]) => {
    const all = figures(seen, /** @type {Phase} */ (phase), (visit) => visit.all);
    return speedLines({ group: 'slow CPU', name: `${name}, 500 x 5 KB, CPU 4x slower` }, all);
  });
}
