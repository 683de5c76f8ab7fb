import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

let loads = 0; // each asks in an order of its own, or one would find in memory what the last had asked for
const script = fileURLToPath(new URL('replay.lua', import.meta.url));

/**
 * What wrk saw.
 *
 * @typedef {object} Load
 * @property {number} requests answered
 * @property {number} perSecond
 * @property {number} p50 ms
 * @property {number} p99 ms
 */

/**
 * Loads a server with wrk, on one thread: every connection asks for any of the requests as soon as it has its answer.
 *
 * @param {object} how
 * @param {string} how.place a folder that may be written to
 * @param {number} how.port
 * @param {Buffer[]} how.requests whole, as they go over the wire
 * @param {number} how.connections
 * @param {number} how.duration ms; wrk knows whole seconds, at least one
 * @param {number} how.answerBytes what an answer has at least: less would be another answer
 * @returns {Promise<Load>}
 * @throws {Error} when anything but such answers came
 */
export async function load({ place, port, requests, connections, duration, answerBytes }) {
  const folder = await mkdtemp(join(place, 'wrk-'));
  const file = join(folder, 'requests');
  await writeFile(file, Buffer.concat(requests.flatMap((request) => [Buffer.from(`${request.length}\n`), request])));
  const seconds = Math.ceil(duration / 1000);
  // A busy machine may stall for longer than the 2 s that wrk waits by itself.
  const flags = `-t 1 -c ${connections} -d ${seconds}s --timeout 30s`.split(' ');
  loads += 1;
  const { stdout } = await promisify(execFile)('wrk', [
    ...flags,
    '-s',
    script,
    `http://127.0.0.1:${port}`,
    '--',
    file,
    String(loads),
  ]);
  await rm(folder, { recursive: true });

  const [, json] = stdout.match(/^JSON (.*)$/m) ?? [];
  if (!json) throw new Error(`wrk said nothing that can be read:\n${stdout}`);
  const seen = JSON.parse(json);
  if (seen.refused + seen.broken > 0 || seen.bytes < seen.requests * answerBytes) {
    throw new Error(`wrk saw other answers than images: ${json}`);
  }
  return { requests: seen.requests, perSecond: seen.requests / seen.seconds, p50: seen.p50, p99: seen.p99 };
}
