import { load } from '../contestants/get.mjs';
import { freePort, settle } from '../contestants/start.mjs';
import { line, percentile } from '../report/line.mjs';
import { rounds, withContestant } from './bench.mjs';

const rate = 500; // of requests, and of saves
const images = 256;
const connections = 32;

/**
 * How long a GET of a 56 KB image takes at a rate that leaves the server time to spare; then the same while the same
 * process saves. The client is this process.
 */
export async function serving(/** @type {import('./bench.mjs').Bench} */ bench) {
  bench.progress('GET with and without saves');
  const values = await rounds(bench, bench.contestants, (kind) => serveOnce(bench, kind));
  const ours = values.get('ours') ?? [];
  const peer = values.get('peer');
  const pick = (/** @type {string} */ key) => ({
    ours: ours.map((value) => value[key]),
    other: peer?.map((value) => value[key]),
  });
  const group = 'serving';
  const during = `beside ${rate} saves/s`;
  return [
    line({ group, name: `GET p50, ${rate}/s`, unit: 'ms', ...pick('quietP50') }),
    line({ group, name: `GET p99, ${rate}/s`, unit: 'ms', ...pick('quietP99') }),
    line({ group, name: `GET p50, ${rate}/s ${during}`, unit: 'ms', ...pick('busyP50') }),
    line({ group, name: `GET p99, ${rate}/s ${during}`, unit: 'ms', ...pick('busyP99') }),
    line({
      group,
      name: `GET p99 ${during}`,
      unit: 'ms',
      ours: pick('busyP99').ours,
      other: pick('quietP99').ours,
      against: 'no saves',
      atMost: 3,
    }),
    line({ group, name: `saves done beside ${rate} GET/s`, unit: '/s', ...pick('saves') }),
  ];
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {'ours' | 'peer'} kind
 * @returns {Promise<Record<string, number>>}
 */
async function serveOnce(bench, kind) {
  const port = await freePort();
  const saves = { size: 5 * 1024, rate };
  return withContestant(
    bench,
    kind,
    async (server) => {
      await server.call('fill', { count: images, size: 56 * 1024 });
      const records = await server.call('handOut', { count: images });
      const requests = { port, records, connections, rate };
      await Promise.all([
        load({ ...requests, duration: bench.warmUp }),
        server.call('saveSteadily', { ...saves, duration: bench.warmUp }),
      ]);

      settle(bench.place);
      const duration = bench.duration * 2; // a p99 stands on few requests
      const quiet = await load({ ...requests, duration });
      const [busy, done] = await Promise.all([
        load({ ...requests, duration }),
        server.call('saveSteadily', { ...saves, duration }),
      ]);
      return {
        quietP50: percentile(quiet.latencies, 0.5),
        quietP99: percentile(quiet.latencies, 0.99),
        busyP50: percentile(busy.latencies, 0.5),
        busyP99: percentile(busy.latencies, 0.99),
        saves: done,
      };
    },
    { port },
  );
}
