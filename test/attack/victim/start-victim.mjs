import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./victim.mjs', import.meta.url));
const masterKey = Buffer.alloc(32, 7).toString('base64');
// No window ends while an attack lasts.
const aDay = 86_400_000; // ms
// Below the ports that systems hand out to outgoing connections, and beside those of the other tests.
const lowestPort = 30_100;
const ports = 2_000;

/** @typedef {import('pixstore/types').ImageRecord} ImageRecord */
/** @typedef {import('pixstore/backend').BackendStats} BackendStats */
/**
 * Where the application has a server of its own. `checked`, `http2` and `https2` have a check of their own, which can be
 * held up.
 *
 * @typedef {'node' | 'fetch' | 'checked' | 'http2' | 'https2'} HandlerKind
 */
/** @typedef {{ heapUsed: number, external: number, rss: number }} Memory bytes */

/**
 * What a backend has open.
 *
 * @typedef {object} Open
 * @property {number} sockets connections
 * @property {number} answers that it thinks are on their way
 * @property {number} bytes that it thinks they hold in memory
 * @property {number} files of images
 */

/** @type {Open} */
export const nothingOpen = { sockets: 0, answers: 0, bytes: 0, files: 0 };

/**
 * A backend in a process of its own.
 *
 * @typedef {object} Victim
 * @property {number} port
 * @property {string[]} secrets what no log and no answer may ever carry, besides keys and proofs
 * @property {(bytes: Uint8Array, where: { id: string }) => Promise<ImageRecord>} save
 * @property {(id: string) => Promise<ImageRecord>} record
 * @property {() => Promise<BackendStats>} stats
 * @property {() => Promise<string[]>} log what it has logged so far
 * @property {() => Promise<void>} holdChecks from now on the application's check of whoever asks takes its time
 * @property {() => Promise<void>} letChecksGo
 * @property {() => string} complaints what it wrote to standard error, such as warnings of Node
 * @property {() => Promise<Memory>} memory in use, garbage collected
 * @property {() => Promise<number>} peak the highest resident set since it was asked last, in bytes
 * @property {() => Promise<Open>} open
 * @property {() => boolean} lives
 * @property {() => Promise<void>} stop closes the backend and removes what it kept
 */

/**
 * Starts a backend from `dist/`, with its default endpoint on loopback.
 *
 * @param {Record<string, unknown> & { handler?: HandlerKind }} [config] options that JSON can say
 * @param {string[]} [nodeFlags]
 * @returns {Promise<Victim>}
 */
export async function startVictim(config = {}, nodeFlags = []) {
  for (;;) {
    const victim = await start(lowestPort + Math.floor(Math.random() * ports), config, nodeFlags);
    if (victim) return victim;
  }
}

/**
 * @param {number} port
 * @param {Record<string, unknown>} config
 * @param {string[]} nodeFlags
 * @returns {Promise<Victim | null>} null when the port is taken
 */
async function start(port, config, nodeFlags) {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
  const options = {
    databasePath: join(folder, 'images.sqlite'),
    imageRootDir: join(folder, 'images'),
    defaultEndpointListenHost: '127.0.0.1',
    defaultEndpointListenPort: port,
    statelessKeyWindowLength: aDay,
    masterKey,
    ...config,
  };
  const child = fork(program, [JSON.stringify(options)], {
    // Node says of its own SQLite that it is experimental; every other warning is a finding.
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...nodeFlags],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk) => {
    complaints += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));

  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let asked = 0;
  child.on('message', (/** @type {{ number: number, result?: unknown, failed?: string }} */ message) => {
    const caller = waiting.get(message.number);
    waiting.delete(message.number);
    if (message.failed === undefined) caller?.resolve(message.result);
    else caller?.reject(new Error(message.failed));
  });
  ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`the backend's process has ended: ${complaints}`));
  });

  /** @type {(name: string, ...args: unknown[]) => Promise<any>} */
  const ask = (name, ...args) =>
    new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      child.send({ number: asked, name, args }, (error) => error && reject(error));
    });

  async function clean() {
    await ended;
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await ask('ready');
  } catch (error) {
    child.kill();
    await clean();
    if (/PORT_IN_USE|EADDRINUSE/.test(String(error))) return null;
    throw error;
  }
  return {
    port,
    secrets: [masterKey, folder],
    save: (bytes, where) => ask('save', bytes, where),
    record: (id) => ask('record', id),
    stats: () => ask('stats'),
    log: () => ask('log'),
    holdChecks: () => ask('holdChecks'),
    letChecksGo: () => ask('letChecksGo'),
    complaints: () => complaints,
    memory: () => ask('memory'),
    peak: () => ask('peak'),
    open: () => ask('open'),
    lives: () => child.exitCode === null && child.signalCode === null,
    async stop() {
      await ask('close').catch(() => {});
      child.kill();
      await clean();
    },
  };
}
