import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stampedImageOf } from '../contestants/images.mjs';
import { pixstore } from '../contestants/pixstore.mjs';

/** @typedef {{ size: number, stamp: string }} Content what makes an image known again: its length, and some of its bytes */

export const stampBytes = 16;
const kibibyte = 1024;
const images = 3_000; // about 80 MiB: more than fits in the library's memory
const rates = { save: 50, update: 60, remove: 50, record: 200 }; // a second

/**
 * A mixed load in the process that serves, and what must be there when it ends.
 *
 * @param {import('../contestants/work.mjs').Contestant} contestant
 * @param {string} folder
 */
export function createWork(contestant, folder) {
  /** @type {Map<string, Content>} */
  const kept = new Map();
  /** @type {string[]} */
  const ids = [];
  const counts = { save: 0, update: 0, remove: 0, record: 0 };
  /** @type {string[]} */
  const errors = [];
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();
  let stopped = false;
  let load = Promise.resolve();

  /** Takes an id out, so that nothing else is done to the image meanwhile. */
  function takeAnyId() {
    const place = Math.floor(Math.random() * ids.length);
    const id = ids[place];
    const last = ids.pop();
    if (place < ids.length) ids[place] = last;
    return id;
  }

  const operations = {
    async save() {
      const { bytes, content } = makeImage();
      const id = await contestant.save(bytes);
      kept.set(id, content);
      ids.push(id);
    },
    async update() {
      const id = takeAnyId();
      const { bytes, content } = makeImage();
      await contestant.update(id, bytes);
      kept.set(id, content);
      ids.push(id);
    },
    async remove() {
      if (ids.length < images) return; // saves and removals keep the number level
      const id = takeAnyId();
      if ((await contestant.remove(id)) !== true) throw new Error('An image to be removed was not there.');
      kept.delete(id);
    },
    async record() {
      if (!contestant.record(anyOf(ids))) throw new Error('A record is missing.');
    },
  };

  function start(/** @type {keyof typeof operations} */ name) {
    const work = operations[name]()
      .then(
        () => {
          counts[name] += 1;
        },
        (error) => {
          errors.push(`${name}: ${error}`);
        },
      )
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  async function run() {
    const begin = performance.now();
    const started = { save: 0, update: 0, remove: 0, record: 0 };
    while (!stopped) {
      const seconds = (performance.now() - begin) / 1000;
      for (const [name, rate] of Object.entries(rates)) {
        for (; started[name] < seconds * rate; started[name] += 1) start(name);
      }
      await wait(10);
    }
    await Promise.all(underWay);
  }

  return {
    async begin() {
      while (ids.length < images) await Promise.all(Array.from({ length: 50 }, operations.save));
      load = run();
    },

    async stop() {
      stopped = true;
      await load;
    },

    async status() {
      const { rss, heapUsed } = process.memoryUsage();
      return { counts, errors, waiting: underWay.size, rss, heap: heapUsed };
    },

    /** Records of any images. */
    handOut: async ({ count }) => Array.from({ length: count }, () => contestant.record(anyOf(ids))),

    /** Every image that must be there, with its record. */
    everything: async () => [...kept].map(([id, content]) => ({ content, record: contestant.record(id) })),

    /** Closes the backend, opens the store anew and looks for problems; young leftovers count too. */
    async checkStore() {
      await contestant.close();
      const store = pixstore.openLocalStore({
        databasePath: join(folder, 'images.sqlite'),
        imageRootDir: join(folder, 'images'),
        sweepAge: 0,
      });
      let listed = 0;
      for await (const _ of store.list()) listed += 1;
      const problems = await store.check();
      await store.close();
      return { listed, expected: kept.size, problems: problems.map(({ kind }) => kind) };
    },
  };
}

/** Mostly thumbnails, some photos. */
function makeImage() {
  const chance = Math.random();
  const size = (chance < 0.85 ? 5 : chance < 0.97 ? 56 : 528) * kibibyte;
  const stamp = Buffer.from(randomBytes(stampBytes).map((byte) => byte & 0x7f));
  return { bytes: stampedImageOf(size, stamp), content: { size, stamp: stamp.toString('hex') } };
}

/** @param {string[]} ids */
function anyOf(ids) {
  return ids[Math.floor(Math.random() * ids.length)];
}
