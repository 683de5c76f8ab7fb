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
  const name = `batches of ${perBatch} x ${size / kibibyte} KB, images`;
  bench.progress(name);
  const values = await rounds(bench, /** @type {const} */ (['ours', 'bare', 'nginx']), (kind) =>
    withServer(bench, kind, { count: images, size }, (server) => imagesPerSecond(bench, kind, server)),
  );
  const [ours = [], bare = [], nginx = []] = [values.get('ours'), values.get('bare'), values.get('nginx')];
  const floor = { name: 'bare node:http, in batches', value: median(bare) };
  const against = 'nginx, one by one';
  return [line({ group: 'batch', name, unit: '/s', ours, other: nginx, against, atLeast: 1, floor })];
}

/**
 * @param {import('./bench.mjs').Bench} bench
 * @param {'ours' | 'bare' | 'nginx'} kind
 * @param {import('./servers.mjs').Server} server
 */
async function imagesPerSecond(bench, kind, { port, pid, requests, records }) {
  const payload = payloadBytes(size);
  if (kind === 'nginx') {
    return (await loaded(bench, { port, requests, connections, answerBytes: payload })).perSecond;
  }
  const posts = Array.from({ length: batches }, (_, index) =>
    postBatch(Array.from({ length: perBatch }, (_, place) => records[(index * perBatch + place) % records.length])),
  );
  await fetchBatches(port, posts, { count: perBatch, size });
  const answerBytes = perBatch * (4 + payload);
  return (await loaded(bench, { port, pid, requests: posts, connections, answerBytes })).perSecond * perBatch;
}
