import { payloadBytes } from '../http/payload.mjs';
import { postBatch } from '../http/requests.mjs';
import { line, median } from '../report/line.mjs';
import { rounds } from './bench.mjs';
import { fetchBatches, loaded, withServer } from './servers.mjs';

const kibibyte = 1024;
const size = 5 * kibibyte;
const images = 256;
const perBatch = 50;
const batches = 64;
const connections = 32;

/** Images a second in batches of 50, beside nginx, which is asked for the same bytes one by one. */
export async function batch(/** @type {import('./bench.mjs').Bench} */ bench) {
  bench.progress(`batches of ${perBatch} x ${size / kibibyte} KB`);
  const values = await rounds(bench, /** @type {const} */ (['ours', 'bare', 'nginx']), (kind) =>
    withServer(bench, kind, { count: images, size }, (server) => perImage(bench, kind, server)),
  );
  return [
    {
      name: `${size / kibibyte} KB in batches of ${perBatch}, beside nginx`,
      unit: /** @type {const} */ ('/s'),
      what: /** @type {const} */ ('perSecond'),
      atLeast: 1,
    },
    {
      name: `${size / kibibyte} KB in batches of ${perBatch}, processor`,
      unit: /** @type {const} */ ('µs'),
      what: /** @type {const} */ ('processor'),
    },
  ].map(({ name, unit, what, atLeast }) => {
    const [ours = [], bare = [], nginx = []] = /** @type {const} */ (['ours', 'bare', 'nginx']).map((kind) =>
      values.get(kind)?.map((value) => value[what]),
    );
    const floor = { name: 'bare node:http, in batches', value: median(bare) };
    return line({ group: 'batch', name, unit, ours, other: nginx, against: 'nginx, one by one', atLeast, floor });
  });
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {'ours' | 'bare' | 'nginx'} kind
 * @param {import('./servers.mjs').Server} server
 * @returns {Promise<{ perSecond: number, processor: number }>} of images
 */
async function perImage(bench, kind, { port, pid, requests, records }) {
  const payload = payloadBytes(size);
  if (kind === 'nginx') return loaded(bench, { port, pid, requests, connections, answerBytes: payload });
  const posts = Array.from({ length: batches }, (_, index) =>
    postBatch(Array.from({ length: perBatch }, (_, place) => records[(index * perBatch + place) % records.length])),
  );
  await fetchBatches(port, posts, { count: perBatch, size });
  const answerBytes = perBatch * (4 + payload);
  const { perSecond, processor } = await loaded(bench, { port, pid, requests: posts, connections, answerBytes });
  return { perSecond: perSecond * perBatch, processor: processor / perBatch };
}
