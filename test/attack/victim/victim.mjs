// A real backend with its default endpoint in a process of its own, so that its end, its memory and its sockets are
// nobody else's. start-victim.mjs starts it and asks it questions.
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { createFetchHandler, createNodeHandler, createPixstoreBackend } from 'pixstore/backend';

const peakInterval = 10; // ms

/** @typedef {import('pixstore/backend').BackendConfig} BackendConfig */

/** @type {string[]} */
const log = [];
/** @param {string} line */
const note = (line) => void log.push(line);

/** @type {BackendConfig & { handler?: import('./start-victim.mjs').HandlerKind, handlerOptions?: object, tls?: object }} */
const { handler: kind, handlerOptions, tls, ...config } = JSON.parse(process.argv[2] ?? '{}');
const { imageRootDir = '' } = config;
const backend = createPixstoreBackend({
  ...config,
  defaultEndpointEnabled: kind === undefined,
  errorHandlingMode: 'throw',
  logger: { info: note, warn: note, error: note },
});

/** What the application's own check waits for. @type {Promise<unknown>} */
let permission = Promise.resolve();
let permit = () => {};

/**
 * The application's own server, as the README shows it.
 *
 * @param {import('./start-victim.mjs').HandlerKind} kind
 */
function startServer(kind) {
  const options = { route: '/pixstore-image', ...handlerOptions };
  const server = serverOf(kind, options);
  server.listen(config.defaultEndpointListenPort, config.defaultEndpointListenHost);
  return server;
}

/**
 * @param {import('./start-victim.mjs').HandlerKind} kind
 * @param {object} options
 */
function serverOf(kind, options) {
  if (kind === 'fetch') return createAdaptorServer({ fetch: createFetchHandler(backend, options) });
  const handler = createNodeHandler(backend, { ...options, authorize: () => permission.then(() => true) });
  if (kind === 'http2') return createHttp2Server(handler);
  if (kind === 'https2') return createSecureServer({ ...tls, allowHTTP1: false }, handler);
  return createServer(kind === 'node' ? createNodeHandler(backend, options) : handler);
}

const server = kind && startServer(kind);

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
  /** From now on the application's check of whoever asks takes its time. */
  holdChecks() {
    permission = new Promise((resolve) => {
      permit = () => resolve(undefined);
    });
  },
  letChecksGo: () => permit(),
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
