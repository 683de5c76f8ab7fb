import { createWall, scroll } from './wall.mjs';

const row = 10; // pictures that are seen first

/**
 * What is measured in a page, behind one face.
 *
 * @typedef {object} Contestant
 * @property {(records: any[], arrived: (index: number, picture: Blob) => void) => Promise<void>} load tells of each
 *   picture as soon as it is there, and resolves when all are
 * @property {() => Promise<number>} [kept] how many pictures are on disk; of the browser's own cache nobody can tell
 */

/**
 * How long the pictures of a page took, in ms from the call.
 *
 * @typedef {object} Visit
 * @property {number} all until every picture's Blob is there
 * @property {number} first until any is
 * @property {number} firstRow until the first 10 are
 * @property {number[]} longTasks ms of tasks over 50 ms on the main thread, meanwhile and right after
 * @property {number} bytes of all pictures
 * @property {number} requests that reached the network
 */

/**
 * A page of pictures: what the benchmark asks for from outside.
 *
 * @template Config
 * @param {(config: Config) => Contestant} create
 */
export function createGallery(create) {
  /** @type {Contestant} */
  let contestant;
  /** @type {any[]} */
  let records = [];
  /** @type {Blob[]} */
  let pictures = [];
  /** @type {PerformanceEntry[]} */
  const longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: 'longtask', buffered: true });
  performance.setResourceTimingBufferSize(100_000);
  const wall = createWall();

  return {
    /** @param {{ config: Config, records: any[] }} options */
    open(options) {
      records = options.records;
      contestant = create(options.config);
    },

    /**
     * Asks for every picture of the page, or for some of them. Until they are there the page holds those of the last
     * visit, as one does that shows them.
     *
     * @param {{ begin?: number, end?: number }} [which]
     * @returns {Promise<Visit>}
     */
    async visit({ begin: from = 0, end: to = records.length } = {}) {
      const asked = records.slice(from, to);
      performance.clearResourceTimings();
      /** @type {Blob[]} */
      const seen = [];
      let [first, firstRow, seenOfRow] = [0, 0, 0];
      const begin = performance.now();
      await contestant.load(asked, (index, picture) => {
        seen[index] = picture;
        if (first === 0) first = performance.now() - begin;
        if (index < row) seenOfRow += 1;
        if (seenOfRow === row && firstRow === 0) firstRow = performance.now() - begin;
      });
      const all = performance.now() - begin;
      pictures = seen;
      await Promise.all([pictures[0], pictures[pictures.length - 1]].map((picture) => createImageBitmap(picture)));
      await pause(200); // what comes right after, and the observer's own delay
      return {
        all,
        first,
        firstRow,
        longTasks: tasksSince(begin),
        bytes: pictures.reduce((sum, { size }) => sum + size, 0),
        requests: performance.getEntriesByType('resource').filter(isFromNetwork).length,
      };
    },

    /** Holds no picture any more. */
    letGo() {
      pictures = [];
    },

    /**
     * Waits until so many pictures are on disk, but not for ever: who keeps fewer is asked again without them.
     *
     * @param {number} [count]
     */
    async settle(count = records.length) {
      const begin = performance.now();
      await pause(2_000);
      while (performance.now() - begin < 30_000) {
        if (!contestant.kept || (await contestant.kept()) >= count) return;
        await pause(250);
      }
    },

    /**
     * How long it takes to make so many Blobs and nothing else.
     *
     * @param {{ count: number, size: number }} blobs
     */
    makeBlobs({ count, size }) {
      const contents = Array.from({ length: count }, () => new Uint8Array(size).fill(1));
      const begin = performance.now();
      pictures = contents.map((bytes) => new Blob([bytes]));
      return performance.now() - begin;
    },

    /** How many pictures are on disk. */
    kept: () => contestant.kept?.(),

    /** Asks for every picture and shows each as soon as it is there. @returns {Promise<number>} when it began */
    async film() {
      wall.build(records.length);
      await pause(500); // the empty places are drawn
      const begin = Date.now();
      await contestant.load(records, (index, picture) => void wall.hang(index, picture));
      return begin;
    },

    /** Shows the pictures of the last visit. */
    async show() {
      wall.build(pictures.length);
      await Promise.all(pictures.map((picture, index) => wall.hang(index, picture)));
    },

    /**
     * Scrolls for a while, and in the middle of it asks for one more picture.
     *
     * @param {{ duration: number, ask?: number }} what ms, and which picture
     */
    async scroll({ duration, ask }) {
      const begin = performance.now();
      const asked = pause(duration / 10).then(async () => {
        if (ask !== undefined) await contestant.load([records[ask]], () => {});
      });
      const { frames, dropped } = await scroll(duration);
      await asked;
      return { frames, dropped, longTasks: tasksSince(begin) };
    },
  };

  /** ms of each task that began since; one that is under way counts. @param {number} begin */
  function tasksSince(begin) {
    return longTasks.filter(({ startTime, duration }) => startTime + duration >= begin).map(({ duration }) => duration);
  }
}

/** @param {number} duration ms */
function pause(duration) {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

/**
 * A contestant that gives pictures one by one.
 *
 * @param {(record: any) => Promise<Blob | null>} get
 * @returns {Contestant}
 */
export function oneByOne(get) {
  return {
    async load(records, arrived) {
      await Promise.all(
        records.map(async (record, index) => {
          const picture = await get(record);
          if (!picture) throw new Error('A picture did not come.');
          arrived(index, picture);
        }),
      );
    },
  };
}

/** @param {PerformanceEntry} entry */
function isFromNetwork(entry) {
  return /** @type {PerformanceResourceTiming} */ (entry).deliveryType !== 'cache';
}
