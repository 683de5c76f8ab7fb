import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { createIdList } from './id-list.mjs';
import { imageOf, stampedImageOf } from './images.mjs';

/**
 * What is measured, behind one face. Floors have one method, or none where they only serve.
 *
 * @typedef {object} Contestant
 * @property {(bytes: Uint8Array, dir?: string) => Promise<string>} [save] resolves to the id
 * @property {(id: string, bytes: Uint8Array) => Promise<unknown>} [update]
 * @property {(id: string) => Promise<unknown>} [remove]
 * @property {(id: string) => object | null} [record]
 * @property {(ids: string[]) => Promise<(object | null)[]>} [records]
 * @property {(options: { compromised: boolean }) => AsyncIterable<{ step: string, done: number }>} [rotate]
 * @property {(id: string) => Promise<object | null>} [read]
 * @property {() => Promise<{ memoryCache: { hits: number, misses: number } }>} [stats]
 * @property {() => Promise<void>} [close]
 */

/**
 * The work a contestant can be told to do, in its own process. Every method takes and returns plain data. Durations
 * are in ms, sizes in bytes, results per second unless said otherwise.
 *
 * @param {Contestant} contestant
 */
export function createWork(contestant) {
  const ids = createIdList();
  const anyId = () => ids.at(Math.floor(Math.random() * ids.length));
  /** @type {AsyncIterator<{ step: string, done: number }>} */
  let rotation;
  const lookUp = (/** @type {string[]} */ picks) => {
    for (const id of picks) if (!contestant.record(id)) throw new Error('A record is missing.');
  };

  return {
    /**
     * Saves images and remembers their ids; untimed. `varied`: not all the same photo. `distinct`: no two are the same
     * bytes. `folders`: in so many, in turn.
     */
    async fill({ count, size, varied = false, distinct = false, folders = 0 }) {
      const end = ids.length + count;
      let started = ids.length;
      await atOnce(256, async () => {
        while (started < end) {
          started += 1;
          const dir = folders > 0 ? `folder-${started % folders}` : undefined;
          const stamp = Buffer.from(String(started).padStart(8, '0'));
          const image = distinct ? stampedImageOf(size, stamp) : imageOf(size, varied ? started : 0);
          ids.push(await contestant.save(image, dir));
        }
      });
      return ids.length;
    },

    /** Saves for a while. */
    save({ size, concurrency, duration }) {
      const bytes = imageOf(size);
      return perSecond(concurrency, duration, () => contestant.save(bytes));
    },

    /** Saves a number of images; then removes them, untimed, so that the store is as large as before. */
    async saveAndRemove({ size, concurrency, count }) {
      /** @type {string[]} */
      const saved = [];
      const bytes = imageOf(size);
      let left = count;
      const begin = performance.now();
      await atOnce(concurrency, async () => {
        while (left > 0) {
          left -= 1;
          saved.push(await contestant.save(bytes));
        }
      });
      const seconds = (performance.now() - begin) / 1000;
      await atOnce(256, async () => {
        for (let id = saved.pop(); id; id = saved.pop()) await contestant.remove(id);
      });
      return count / seconds;
    },

    /** Updates images in turn: no two at once are the same one. */
    update({ size, concurrency, duration }) {
      const bytes = imageOf(size);
      const step = coprimeStep(ids.length);
      let next = 0;
      return perSecond(concurrency, duration, () => {
        next = (next + step) % ids.length;
        return contestant.update(ids.at(next), bytes);
      });
    },

    /** Looks up the records of 1,000 images again and again. */
    async record({ duration }) {
      const picks = Array.from({ length: 1_000 }, anyId);
      const begin = performance.now();
      let done = 0;
      for (; performance.now() - begin < duration; done += picks.length) lookUp(picks);
      return done / ((performance.now() - begin) / 1000);
    },

    /** Looks up 1,000 records after every change to the store, which is untimed: nothing that was kept is sure to hold. */
    async recordAfterChange({ size, duration }) {
      const begin = performance.now();
      let seconds = 0;
      let done = 0;
      for (; performance.now() - begin < duration; done += 1_000) {
        const picks = Array.from({ length: 1_000 }, anyId);
        await contestant.update(anyId(), imageOf(size));
        const started = performance.now();
        lookUp(picks);
        seconds += (performance.now() - started) / 1000;
      }
      return done / seconds;
    },

    /** Looks up pages of records. @returns pages per second */
    records({ page, duration }) {
      const pages = Array.from({ length: 100 }, () => Array.from({ length: page }, anyId));
      let next = 0;
      return perSecond(1, duration, async () => {
        next = (next + 1) % pages.length;
        const records = await contestant.records(pages[next]);
        if (!records.every(Boolean)) throw new Error('A record is missing.');
      });
    },

    /** Reads ciphertexts of any images from the store, below the endpoint. */
    read({ concurrency, duration }) {
      return perSecond(concurrency, duration, () => contestant.read(anyId()));
    },

    /** Exchanges the master key, which is all of a routine exchange. @returns ms */
    async beginRotation({ compromised }) {
      const begin = performance.now();
      rotation = contestant.rotate({ compromised })[Symbol.asyncIterator]();
      await rotation.next();
      return performance.now() - begin;
    },

    /** What comes after that: of a leak, everything is sealed anew. */
    async finishRotation() {
      const begin = performance.now();
      let images = 0;
      for (let next = await rotation.next(); !next.done; next = await rotation.next()) images = next.value.done;
      return { ms: performance.now() - begin, images };
    },

    /** Ids that others have saved. */
    async adoptIds({ list }) {
      for (const id of list) ids.push(id);
    },

    /** Some of the ids. */
    async someIds({ count }) {
      return Array.from({ length: count }, anyId);
    },

    /** Records of any images, to be fetched over HTTP. */
    async handOut({ count }) {
      return Array.from({ length: count }, () => contestant.record(anyId()));
    },

    /** Records of all images, in the order of the calls of `fill`. */
    handOutAll: async () => Array.from({ length: ids.length }, (_, index) => contestant.record(ids.at(index))),

    stats: async () => contestant.stats(),

    async memoryUsed() {
      const { rss, heapUsed } = process.memoryUsage();
      return { rss, heap: heapUsed };
    },

    /** Starts saves at a steady rate, whatever becomes of those before. @returns how many a second were done */
    async saveSteadily({ size, rate, duration }) {
      const bytes = imageOf(size);
      const saves = [];
      const begin = performance.now();
      for (let now = begin; now - begin < duration; now = performance.now()) {
        while (saves.length < ((now - begin) * rate) / 1000) saves.push(contestant.save(bytes));
        await wait(1);
      }
      await Promise.all(saves);
      return saves.length / ((performance.now() - begin) / 1000);
    },

    /** Starts many saves in one go. @returns bytes of memory at the peak, above what the process had before */
    async saveTogether({ size, count }) {
      const bytes = imageOf(size);
      globalThis.gc?.();
      await wait(100);
      writeFileSync('/proc/self/clear_refs', '5'); // the peak starts anew
      const before = memory('VmRSS');
      await Promise.all(Array.from({ length: count }, () => contestant.save(bytes)));
      return memory('VmHWM') - before;
    },
  };
}

/**
 * @param {number} concurrency
 * @param {() => Promise<void>} loop
 */
async function atOnce(concurrency, loop) {
  await Promise.all(Array.from({ length: concurrency }, loop));
}

/**
 * @param {number} concurrency
 * @param {number} duration
 * @param {() => Promise<unknown>} operation
 */
async function perSecond(concurrency, duration, operation) {
  const begin = performance.now();
  let done = 0;
  await atOnce(concurrency, async () => {
    for (; performance.now() - begin < duration; done += 1) await operation();
  });
  return done / ((performance.now() - begin) / 1000);
}

/** A step that visits all of `count` places, far apart, before it comes back. @param {number} count */
function coprimeStep(count) {
  let step = Math.max(1, Math.floor(count * 0.618));
  const divisor = (/** @type {number} */ a, /** @type {number} */ b) => (b === 0 ? a : divisor(b, a % b));
  while (divisor(step, count) !== 1) step += 1;
  return step;
}

/** @param {string} name of a line in /proc/self/status, in KiB there */
function memory(name) {
  const [, kibibytes] = readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${name}:\\s+(\\d+) kB`)) ?? [];
  return Number(kibibytes) * 1024;
}
