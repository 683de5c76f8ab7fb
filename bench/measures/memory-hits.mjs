import { payloadBytes } from '../http/payload.mjs';
import { line } from '../report/line.mjs';
import { rounds } from './bench.mjs';
import { loaded, withServer } from './servers.mjs';

const kibibyte = 1024;
const connections = 32;
const shares = [100, 10, 1]; // per cent of the images that the library's memory has room for
const stores = [
  { size: 5 * kibibyte, count: 1_000 },
  { size: 56 * kibibyte, count: 1_000 },
  { size: 528 * kibibyte, count: 200 }, // files of their own
];

/** What it costs that images are not in the library's memory. Each request is for any of them. */
export async function memoryHits(/** @type {import('./bench.mjs').Bench} */ bench) {
  const lines = [];
  for (const { size, count } of stores) {
    bench.progress(`GET ${size / kibibyte} KB, some from memory`);
    const values = await rounds(bench, shares, (share) => measure(bench, { size, count, share }));
    const [all, ...less] = shares;
    for (const share of less) {
      const pair = (/** @type {'perSecond' | 'p99' | 'hits'} */ what) => ({
        ours: values.get(share)?.map((value) => value[what]) ?? [],
        other: values.get(all)?.map((value) => value[what]),
        against: `${all} %`,
      });
      const group = 'memory hits';
      const name = `GET ${size / kibibyte} KB, ${share} % in memory`;
      lines.push(line({ group, name, unit: '/s', ...pair('perSecond') }));
      lines.push(line({ group, name: `${name}, p99`, unit: 'ms', ...pair('p99') }));
      lines.push(line({ group, name: `${name}, hits seen`, unit: '%', ...pair('hits') }));
    }
  }
  return lines;
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {{ size: number, count: number, share: number }} what
 */
function measure(bench, { size, count, share }) {
  const memoryCacheBytes = Math.round((payloadBytes(size) * count * share) / 100);
  return withServer(bench, 'ours', { size, count, memoryCacheBytes }, async (server) => {
    const { memoryCache: before } = await server.call('stats');
    const { perSecond, p99 } = await loaded(bench, { ...server, connections, answerBytes: payloadBytes(size) });
    const { memoryCache: after } = await server.call('stats');
    const [hits, misses] = [after.hits - before.hits, after.misses - before.misses];
    return { perSecond, p99, hits: (100 * hits) / (hits + misses) };
  });
}
