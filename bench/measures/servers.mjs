import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNginx } from '../contestants/nginx.mjs';
import { freePort } from '../contestants/start.mjs';
import { openConnection } from '../http/connection.mjs';
import { payloadBytes, readFrames, states } from '../http/payload.mjs';
import { getByHeaders, getByQuery, getFile } from '../http/requests.mjs';
import { load } from '../http/wrk.mjs';
import { withContestant } from './bench.mjs';

/** @typedef {import('./bench.mjs').Bench} Bench */
/** @typedef {'ours' | 'peer' | 'bare' | 'nginx'} Kind */

/**
 * A server that has images of one size, each asked for once and found whole.
 *
 * @typedef {object} Server
 * @property {number} port
 * @property {Buffer[]} requests one for each image
 * @property {{ id: string, token?: number, statelessProof?: string }[]} records what a batch asks with
 * @property {<Result>(name: string) => Promise<Result>} call one of work.mjs, of those that are pixstore
 * @property {number} [pid] of those that are Node
 */

/**
 * Runs work with a server in a process and a folder of its own. All serve payloads of pixstore: `bare` and `nginx`
 * those that ours had served, from memory and as files.
 *
 * @template Value
 * @param {Bench} bench
 * @param {Kind} kind
 * @param {{ count: number, size: number, memoryCacheBytes?: number }} images
 * @param {(server: Server) => Promise<Value>} work
 * @returns {Promise<Value>}
 */
export async function withServer(bench, kind, { count, size, memoryCacheBytes }, work) {
  const port = await freePort();
  const checked = async (/** @type {Omit<Server, 'port'>} */ server) => {
    await fetchAll(port, server.requests, size);
    return work({ ...server, port });
  };

  if (kind === 'ours' || kind === 'peer') {
    const request = kind === 'ours' ? getByQuery : getByHeaders;
    const serve = async (/** @type {import('./bench.mjs').Running} */ { call, pid }) => {
      await call('fill', { count, size });
      const records = await call('handOutAll');
      return checked({ records, requests: records.map(request), call, pid });
    };
    return withContestant(bench, kind, serve, { port, memoryCacheBytes });
  }

  const payloads = await keepPayloads(bench, { count, size });
  const names = Array.from({ length: count }, (_, index) => String(index));
  const files = { records: names.map((id) => ({ id })), requests: names.map(getFile) };
  const call = () => Promise.reject(new Error(`${kind} is no pixstore.`));
  if (kind === 'bare') {
    return withContestant(bench, kind, ({ pid }) => checked({ ...files, call, pid }), { port, payloads });
  }
  const nginx = await startNginx(bench.place, { port, payloads });
  const value = await checked({ ...files, call });
  await nginx.end();
  return value;
}

/**
 * Loads a server for a short while, so that code is compiled, then timed.
 *
 * @param {Bench} bench
 * @param {{ port: number, pid?: number, requests: Buffer[], connections: number, answerBytes: number }} how
 * @returns {Promise<import('../http/wrk.mjs').Load & { processor: number }>} `processor`: µs of it that a request took,
 *   on all threads of the server; NaN without a pid
 */
export async function loaded(bench, { pid, ...how }) {
  await load({ ...how, place: bench.place, duration: bench.warmUp });
  const before = processorTime(pid);
  const seen = await load({ ...how, place: bench.place, duration: bench.duration });
  return { ...seen, processor: (processorTime(pid) - before) / seen.requests };
}

const tick = 10_000; // µs, of the times in /proc

/** @param {number | undefined} pid @returns {number} µs that the process has run, in itself and in the system */
function processorTime(pid) {
  if (pid === undefined) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

/**
 * Asks for every image once: benchmarks of refusals are fast.
 *
 * @param {number} port
 * @param {Buffer[]} requests
 * @param {number} size of the images
 */
async function fetchAll(port, requests, size) {
  const connection = await openConnection(port);
  const payloads = [];
  for (const request of requests) {
    const { status, body } = await connection.ask(request);
    if (status !== 200) throw new Error(`An image request was answered with HTTP ${status}.`);
    payloads.push(checkedPayload(body, size));
  }
  connection.close();
  return payloads;
}

/**
 * Asks for batches once.
 *
 * @param {number} port
 * @param {Buffer[]} requests
 * @param {{ count: number, size: number }} batch images in each
 */
export async function fetchBatches(port, requests, { count, size }) {
  const connection = await openConnection(port);
  for (const request of requests) {
    const { status, body } = await connection.ask(request);
    if (status !== 200) throw new Error(`A batch request was answered with HTTP ${status}.`);
    const payloads = readFrames(body).map((payload) => checkedPayload(payload, size));
    if (payloads.length !== count) throw new Error(`A batch of ${count} was answered with ${payloads.length} images.`);
  }
  connection.close();
}

/**
 * @param {Buffer} payload
 * @param {number} size
 */
function checkedPayload(payload, size) {
  if (payload[0] !== states.success || payload.length !== payloadBytes(size)) {
    throw new Error(`An image of ${size} bytes was answered with state ${payload[0]} and ${payload.length} bytes.`);
  }
  return payload;
}

/**
 * What our endpoint answers, as files for the servers that only send bytes.
 *
 * @param {Bench} bench
 * @param {{ count: number, size: number }} images
 * @returns {Promise<string>} their folder
 */
async function keepPayloads(bench, { count, size }) {
  const folder = join(bench.place, `payloads-${size}-${count}`);
  if (existsSync(folder)) return folder;
  const payloads = await withServer(bench, 'ours', { count, size }, ({ port, requests }) =>
    fetchAll(port, requests, size),
  );
  mkdirSync(folder);
  payloads.forEach((payload, index) => {
    writeFileSync(join(folder, String(index)), payload);
  });
  return folder;
}
