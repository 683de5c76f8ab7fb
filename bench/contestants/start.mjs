import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callsTo } from './calls.mjs';
import { endWithUs } from './children.mjs';

const program = fileURLToPath(new URL('child.mjs', import.meta.url));

/**
 * A contestant in a process of its own.
 *
 * @typedef {object} Running
 * @property {number | undefined} pid
 * @property {string} folder
 * @property {<Result>(name: string, argument?: object) => Promise<Result>} call does one of work.mjs
 * @property {() => Promise<void>} end closes it, ends its process and, of `start`, removes its folder
 */

/** @typedef {'ours' | 'peer' | 'sqlite' | 'files' | 'bare' | 'plain' | 'sealed' | 'soak'} Kind */

/**
 * @param {string} base the folder in which it gets one of its own
 * @param {Kind} kind
 * @param {object} [options] see pixstore.mjs
 * @param {Record<string, string>} [env]
 * @returns {Promise<Running>}
 */
export async function start(base, kind, options = {}, env = {}) {
  const folder = mkdtempSync(join(base, `${kind}-`));
  const running = await startIn(folder, kind, options, env);
  const end = async () => {
    await running.end();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...running, end };
}

/**
 * The same, in a folder that others may use as well, and that stays.
 *
 * @param {string} folder
 * @param {Kind} kind
 * @param {object} [options] see pixstore.mjs
 * @param {Record<string, string>} [env]
 * @returns {Promise<Running>}
 */
export async function startIn(folder, kind, options = {}, env = {}) {
  const child = fork(program, [kind, folder, JSON.stringify(options)], {
    cwd: folder, // the peer makes files where it stands
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  endWithUs(child);
  return { pid: child.pid, folder, ...(await callsTo(child, kind)) };
}

/** Waits until what was written is on the disk, so that no contestant pays for the one before it. @param {string} folder */
export function settle(folder) {
  spawnSync('sync', ['--file-system', folder]);
}

/** A port that nobody uses. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
