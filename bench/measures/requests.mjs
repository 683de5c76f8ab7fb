import { payloadBytes } from '../http/payload.mjs';
import { line, median } from '../report/line.mjs';
import { rounds } from './bench.mjs';
import { loaded, withServer } from './servers.mjs';

/** @typedef {Awaited<ReturnType<typeof loaded>>} Load */
/** @typedef {import('./servers.mjs').Kind} Kind */

const kibibyte = 1024;
const usual = 32; // connections
const sizes = [
  { size: 5 * kibibyte, images: 256, timesPeer: 4, timesBare: 0.75, connections: [1, usual, 256] },
  { size: 56 * kibibyte, images: 256, timesPeer: 4, timesBare: 0.75, connections: [1, usual, 256] },
  // As many as fit into the memory that the library keeps for hot images by default.
  { size: 528 * kibibyte, images: 64, timesPeer: 3, timesBare: undefined, connections: [usual] },
];

/** One image per request, as fast as so many connections ask, how much of the processor an answer takes, and how long. */
export async function requests(/** @type {import('./bench.mjs').Bench} */ bench) {
  const rates = [];
  const processors = [];
  const latencies = [];
  for (const { size, images, timesPeer, timesBare, connections } of sizes) {
    const label = `GET ${size / kibibyte} KB`;
    bench.progress(label);
    /** @type {Kind[]} */
    const kinds = [...bench.contestants, 'bare', 'nginx'];
    const values = await rounds(bench, kinds, (kind) => measure(bench, kind, { count: images, size }, connections));
    const pick = (/** @type {Kind} */ kind, /** @type {number} */ count, /** @type {keyof Load} */ what) =>
      values.get(kind)?.map((loads) => loads[count][what]);

    const ours = pick('ours', usual, 'perSecond') ?? [];
    const nginx = { name: 'nginx', value: median(pick('nginx', usual, 'perSecond') ?? []) };
    const peer = pick('peer', usual, 'perSecond');
    rates.push(
      line({ group: 'requests', name: label, unit: '/s', ours, other: peer, atLeast: timesPeer, floor: nginx }),
    );
    const bare = pick('bare', usual, 'perSecond');
    const against = 'bare node:http';
    rates.push(
      line({
        group: 'requests',
        name: `${label}, beside ${against}`,
        unit: '/s',
        ours,
        other: bare,
        against,
        atLeast: timesBare,
      }),
    );

    const processor = { ours: pick('ours', usual, 'processor') ?? [], other: pick('peer', usual, 'processor') };
    const floor = { name: against, value: median(pick('bare', usual, 'processor') ?? []) };
    processors.push(line({ group: 'processor', name: `${label}, processor`, unit: 'µs', ...processor, floor }));

    for (const count of connections) {
      for (const what of /** @type {const} */ (['p50', 'p99'])) {
        const floor = { name: against, value: median(pick('bare', count, what) ?? []) };
        const name = `${label} ${what}, ${count} connection${count === 1 ? '' : 's'}`;
        const pair = { ours: pick('ours', count, what) ?? [], other: pick('peer', count, what) };
        latencies.push(line({ group: 'latency', name, unit: 'ms', ...pair, floor }));
      }
    }
  }
  return [...rates, ...processors, ...latencies];
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {Kind} kind
 * @param {{ count: number, size: number }} images
 * @param {number[]} connections
 * @returns {Promise<Record<number, Load>>} by the number of connections
 */
function measure(bench, kind, images, connections) {
  return withServer(bench, kind, images, async (server) => {
    /** @type {Record<number, Load>} */
    const loads = {};
    for (const count of connections) {
      loads[count] = await loaded(bench, { ...server, connections: count, answerBytes: payloadBytes(images.size) });
    }
    return loads;
  });
}
