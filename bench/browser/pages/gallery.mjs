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
  /** @type {PerformanceEntry[]} */
  const longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries())).observe({ type: 'longtask', buffered: true });
  performance.setResourceTimingBufferSize(100_000);

  return {
    /** @param {{ config: Config, records: any[] }} options */
    open(options) {
      records = options.records;
      contestant = create(options.config);
    },

    /** Asks for every picture of the page. @returns {Promise<Visit>} */
    async visit() {
      performance.clearResourceTimings();
      /** @type {Blob[]} */
      const pictures = [];
      let [first, firstRow, seenOfRow] = [0, 0, 0];
      const begin = performance.now();
      await contestant.load(records, (index, picture) => {
        pictures[index] = picture;
        if (first === 0) first = performance.now() - begin;
        if (index < row) seenOfRow += 1;
        if (seenOfRow === row && firstRow === 0) firstRow = performance.now() - begin;
      });
      const all = performance.now() - begin;
      await pause(200); // what comes right after, and the observer's own delay
      return {
        all,
        first,
        firstRow,
        longTasks: longTasks.filter(({ startTime }) => startTime >= begin - 50).map(({ duration }) => duration),
        bytes: records.reduce((sum, _, index) => sum + pictures[index].size, 0),
        requests: performance.getEntriesByType('resource').filter(isFromNetwork).length,
      };
    },

    /** Waits until the pictures of the page are on disk, but not for ever: who keeps fewer is asked again without them. */
    async settle() {
      const begin = performance.now();
      await pause(2_000);
      while (performance.now() - begin < 30_000) {
        if (!contestant.kept || (await contestant.kept()) >= records.length) return;
        await pause(250);
      }
    },
  };
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
