// A real backend with its default endpoint in a process of its own, so that its end, its memory and its sockets are
// nobody else's. start-victim.mjs starts it and asks it questions.
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { createFetchHandler, createNodeHandler, createPixstoreBackend } from 'pixstore/backend';

const peakInterval = 10; // ms

/** @typedef {import('pixstore/backend').BackendConfig} BackendConfig */

/** @type {string[]} */
const log = [];
/** @param {string} line */
const note = (line) => void log.push(line);

/** @type {BackendConfig & { door?: import('./start-victim.mjs').DoorName }} */
const { door, ...config } = JSON.parse(process.argv[2] ?? '{}');
const { imageRootDir = '' } = config;
const backend = createPixstoreBackend({
  ...config,
  defaultEndpointEnabled: door === undefined,
  errorHandlingMode: 'throw',
  logger: { info: note, warn: note, error: note },
});

const server = door && openDoor(door);

/**
 * The application's own server, as the README shows it.
 *
 * @param {string} name
 */
function openDoor(name) {
  const options = { route: '/pixstore-image' };
  const server =
    name === 'node'
      ? createServer(createNodeHandler(backend, options))
      : createAdaptorServer({ fetch: createFetchHandler(backend, options) });
  server.listen(config.defaultEndpointListenPort, config.defaultEndpointListenHost);
  return server;
}

let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, peakInterval).unref();

/** @type {Record<string, (...args: any[]) => unknown>} */
const answers = {
  ready: () => Promise.all([backend.ready, server && !server.listening && once(server, 'listening')]).then(() => {}),
  save: (bytes, where) => backend.saveImage(bytes, where),
  record: (id) => backend.getImageRecord(id),
  stats: () => backend.stats(),
  log: () => log,
  /** Bytes in use once all garbage is gone. */
  async memory() {
    // Finalizers of one collection free what the next one finds.
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
      await delay(peakInterval);
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heapUsed, external, rss };
  },
  /** The highest resident set since it was asked last. */
  peak() {
    const highest = Math.max(peak, process.memoryUsage.rss());
    peak = 0;
    return highest;
  },
  /** What is open now: connections, whatever they do; answers on their way; files, where the system tells. */
  async open() {
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
    const { answers, bytes } = (await backend.stats())?.endpoint.open ?? { answers: -1, bytes: -1 };
    return { sockets, answers, bytes, files: filesOpen() };
  },
  close() {
    server?.close();
    return backend.close();
  },
};

/** Images that are being read; the database is open anyway. */
function filesOpen() {
  if (!existsSync('/proc/self/fd')) return 0;
  return readdirSync('/proc/self/fd').filter((name) => linkOf(`/proc/self/fd/${name}`).startsWith(`${imageRootDir}/`))
    .length;
}

/** @param {string} path */
function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

process.on(
  'message',
  async (/** @type {{ number: number, name: string, args: unknown[] }} */ { number, name, args }) => {
    try {
      process.send?.({ number, result: await answers[name]?.(...args) });
    } catch (error) {
      process.send?.({ number, failed: String(error) });
    }
    if (name === 'close') process.disconnect();
  },
);
