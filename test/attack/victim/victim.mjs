// A real backend with its default endpoint in a process of its own, so that its end, its memory and its sockets are
// nobody else's. start-victim.mjs starts it and asks it questions.
import { setTimeout as delay } from 'node:timers/promises';
import { createPixstoreBackend } from 'pixstore/backend';

const peakInterval = 10; // ms

/** @typedef {import('pixstore/backend').BackendConfig} BackendConfig */

/** @type {string[]} */
const log = [];
/** @param {string} line */
const note = (line) => void log.push(line);

const backend = createPixstoreBackend({
  .../** @type {BackendConfig} */ (JSON.parse(process.argv[2] ?? '{}')),
  errorHandlingMode: 'throw',
  logger: { info: note, warn: note, error: note },
});

let peak = 0;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, peakInterval).unref();

/** @type {Record<string, (...args: any[]) => unknown>} */
const answers = {
  ready: () => backend.ready,
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
  /** Connections that are open now, whatever they do. */
  sockets: () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
  close: () => backend.close(),
};

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
