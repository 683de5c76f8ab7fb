import { fileURLToPath } from 'node:url';
import { startNode } from '../support/program.mjs';

const program = fileURLToPath(new URL('./victim.mjs', import.meta.url));

/**
 * How a run ended: by a kill, or because all was done.
 *
 * @typedef {{ killed: boolean }} Ending
 */

/**
 * Runs the victim on a folder, and writes down what it says in a ledger.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {number} options.seed
 * @param {import('../support/ledger.mjs').Ledger} options.ledger
 * @param {(pid: number) => Promise<unknown>} [options.beforeStart] called when it is loaded, and before it begins
 * @param {(kill: () => void) => void} [options.onDone] called at each change that is acknowledged
 * @returns {Promise<Ending>}
 * @throws {Error} when it failed of its own accord, or a token did not grow
 */
export async function runVictim({ folder, seed, ledger, beforeStart, onDone }) {
  // One thread for files: then the n-th of their system calls is always about the same one.
  const victim = startNode([program, folder, String(seed)], { UV_THREADPOOL_SIZE: '1' });
  /** @type {Map<string, number>} */
  const tokens = new Map();
  for await (const line of victim.lines) {
    const [word, id = '', value = ''] = line.split(' ');
    if (word === 'ready') {
      await beforeStart?.(victim.pid);
      victim.send('go');
    } else if (word === 'try') {
      ledger.try(id, value === '-' ? null : value);
    } else if (word === 'done') {
      ledger.acknowledge(id);
      const token = Number(value);
      if (token > 0 && token <= (tokens.get(id) ?? 0)) throw new Error(`token ${token} of ${id} came twice`);
      if (token > 0) tokens.set(id, token);
      onDone?.(victim.kill);
    }
  }
  const { code, signal, complaint } = await victim.ended;
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the victim failed (${code ?? signal}): ${complaint}`);
  return { killed: signal === 'SIGKILL' };
}
