import { setTimeout as wait } from 'node:timers/promises';
import { openConnection } from '../http/connection.mjs';

/**
 * Asks at a steady rate, whatever becomes of the requests before. Times count from when a request was due, so that the
 * wait for a free connection is in them.
 *
 * @param {object} how
 * @param {number} how.port
 * @param {number} how.rate requests a second
 * @param {number} how.connections
 * @param {() => import('./visits.mjs').Visit} how.next
 * @param {(visit: import('./visits.mjs').Visit, answer: import('../http/connection.mjs').Answer, due: number) => void}
 *   how.answered `due` is a time of `performance.now()`
 */
export async function askSteadily({ port, rate, connections, next, answered }) {
  const all = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const idle = [...all];
  const begin = performance.now();
  let asked = 0;
  let stopped = false;
  /** @type {Error | undefined} */
  let failure;

  const due = (/** @type {number} */ number) => begin + (number * 1000) / rate;

  /** Asks what is due as long as connections are free. */
  function askWhatIsDue() {
    for (const now = performance.now(); due(asked) <= now && idle.length > 0; asked += 1) ask(idle.pop(), due(asked));
  }

  async function ask(/** @type {any} */ connection, /** @type {number} */ at) {
    const visit = next();
    try {
      answered(visit, await connection.ask(visit.request), at);
    } catch (error) {
      failure ??= error;
      stopped = true;
    }
    idle.push(connection);
    if (!stopped) askWhatIsDue();
  }

  async function run() {
    for (; !stopped; await wait(1)) askWhatIsDue();
    while (idle.length < all.length) await wait(1);
    for (const connection of all) connection.close();
  }

  const running = run();
  return {
    /** Requests that are due and wait for a connection. */
    late: () => Math.max(0, Math.floor(((performance.now() - begin) * rate) / 1000) - asked),
    failure: () => failure,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
