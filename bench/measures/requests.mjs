import { payloadBytes } from '../http/payload.mjs';
import { line, median } from '../report/line.mjs';
import { rounds } from './bench.mjs';
import { loaded, withServer } from './servers.mjs';

/** @typedef {Awaited<ReturnType<typeof loaded>>} Load */
/** @typedef {import('./servers.mjs').Kind} Kind */
/** @typedef {import('./servers.mjs').Server} Server */

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
    const kinds = ['bare', ...bench.contestants, 'nginx'];
    /** @type {Map<number, Map<Kind, Load[]>>} by the number of connections */
    const loads = new Map();
    await sideBySide(bench, kinds, { count: images, size }, async (servers) => {
      for (const count of connections) {
        // The budgets are judged by these.
        const runs = count === usual ? 2 * bench.runs : bench.runs;
        const once = (/** @type {Kind} */ kind) => measure(bench, servers.get(kind), count, size);
        loads.set(count, await rounds({ ...bench, runs }, kinds, once));
      }
    });
    const pick = (/** @type {Kind} */ kind, /** @type {number} */ count, /** @type {keyof Load} */ what) =>
      loads
        .get(count)
        ?.get(kind)
        ?.map((load) => load[what]);

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
 * @param {Server | undefined} server
 * @param {number} connections
 * @param {number} size of the images
 */
function measure(bench, server, connections, size) {
  if (!server) throw new Error('A server did not start.');
  return loaded(bench, { ...server, connections, answerBytes: payloadBytes(size) });
}

/**
 * Runs work with all servers at once: they take turns of seconds, since machines that are shared change their speed
 * within a minute. Those whose turn it is not do nothing.
 *
 * @template Value
 * @param {import('./bench.mjs').Bench} bench
 * @param {Kind[]} kinds
 * @param {{ count: number, size: number }} images
 * @param {(servers: Map<Kind, Server>) => Promise<Value>} work
 * @param {Map<Kind, Server>} [servers] that run already
 * @returns {Promise<Value>}
 */
async function sideBySide(bench, kinds, images, work, servers = new Map()) {
  const [kind, ...others] = kinds;
  if (!kind) return work(servers);
  return withServer(bench, kind, images, (server) =>
    sideBySide(bench, others, images, work, servers.set(kind, server)),
  );
}
