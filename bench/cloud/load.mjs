import { Agent, get } from 'node:http';

/**
 * Fetches paths as fast as they are answered, on connections that stay open.
 *
 * @param {object} how
 * @param {string} how.origin
 * @param {() => { path: string, headers?: Record<string, string> }} how.next
 * @param {number} how.connections
 * @param {number} how.duration ms
 * @returns {Promise<{ perSecond: number, latencies: number[] }>} latencies in ms, ascending
 */
export async function fetchFor({ origin, next, connections, duration }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  /** @type {number[]} */
  const latencies = [];
  const begin = performance.now();
  const loop = async () => {
    while (performance.now() - begin < duration) {
      const asked = performance.now();
      await fetchOne(agent, origin, next());
      latencies.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  const perSecond = latencies.length / ((performance.now() - begin) / 1000);
  agent.destroy();
  return { perSecond, latencies: latencies.sort((a, b) => a - b) };
}

/** @param {Agent} agent @param {string} origin @param {{ path: string, headers?: Record<string, string> }} asked */
function fetchOne(agent, origin, { path, headers = {} }) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const request = get(origin + path, { agent, headers });
      request.on('error', reject);
      request.on('response', (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`A request was answered with HTTP ${response.statusCode}.`));
        });
      });
    })
  );
}
