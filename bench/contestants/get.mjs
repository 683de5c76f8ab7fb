import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Fetches images over HTTP as a client that holds their records, on connections that stay open.
 *
 * @param {object} how
 * @param {number} how.port
 * @param {{ id: string, token: number, statelessProof: string }[]} how.records asked for in turn
 * @param {number} how.connections
 * @param {number} how.duration ms
 * @param {number} [how.rate] requests a second; without it every connection asks as fast as it is answered
 * @returns {Promise<{ perSecond: number, latencies: number[] }>} latencies in ms, ascending; the wait for a free
 *   connection counts
 */
export async function load({ port, records, connections, duration, rate }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  /** @type {number[]} */
  const latencies = [];
  let next = 0;
  const one = async () => {
    const record = records[next % records.length];
    next += 1;
    const begin = performance.now();
    const [state] = await fetchPayload(agent, port, record);
    if (state > 1) throw new Error(`An image request was answered with state ${state}.`);
    latencies.push(performance.now() - begin);
  };

  const begin = performance.now();
  if (rate === undefined) {
    const loop = async () => {
      while (performance.now() - begin < duration) await one();
    };
    await Promise.all(Array.from({ length: connections }, loop));
  } else {
    const requests = [];
    for (let now = begin; now - begin < duration; now = performance.now()) {
      while (requests.length < ((now - begin) * rate) / 1000) requests.push(one());
      await wait(1);
    }
    await Promise.all(requests);
  }
  const perSecond = latencies.length / ((performance.now() - begin) / 1000);
  agent.destroy();
  return { perSecond, latencies: latencies.sort((a, b) => a - b) };
}

/**
 * One request, with headers that both our endpoint and the peer's understand.
 *
 * @param {Agent} agent
 * @param {number} port
 * @param {{ id: string, token: number, statelessProof: string }} record
 * @returns {Promise<Buffer>} the wire payload
 */
export function fetchPayload(agent, port, { id, token, statelessProof }) {
  return new Promise((resolve, reject) => {
    const request = get({
      agent,
      host: '127.0.0.1',
      port,
      path: `/pixstore-image/${encodeURIComponent(id)}`,
      headers: { 'x-pixstore-proof': statelessProof, 'x-pixstore-token': String(token) },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`An image request was answered with HTTP ${response.statusCode}.`));
      });
    });
  });
}
