/**
 * What is wrong with an image that was found after a crash, if anything: an acknowledged version is gone, an older one
 * is back, or something is there that never was.
 *
 * @typedef {'lost' | 'rolled back' | 'torn'} Damage
 */

/**
 * Knows, of every image, what was tried and what was acknowledged, and so what may be found after a crash. Versions are
 * told apart by marks (a hash, or anything else that no two of them share); null is the mark of no image.
 */
export function createLedger() {
  /** @typedef {string | null} Mark */
  /** @type {Map<string, { acknowledged: Mark, before: Mark[], tried: Mark[] }>} */
  const images = new Map();
  let acknowledged = 0;

  /** @param {string} id */
  function pageOf(id) {
    const page = images.get(id) ?? { acknowledged: null, before: [], tried: [] };
    images.set(id, page);
    return page;
  }

  return {
    /** The ids of all images that something was tried with. */
    ids: () => [...images.keys()],

    /**
     * A change begins; only one at a time for each image.
     *
     * @param {string} id
     * @param {Mark} mark
     */
    try: (id, mark) => void pageOf(id).tried.push(mark),

    /** How many changes were acknowledged. */
    acknowledged: () => acknowledged,

    /**
     * The change tried last was acknowledged. Those tried before it and never acknowledged can't show any more.
     *
     * @param {string} id
     */
    acknowledge(id) {
      acknowledged += 1;
      const page = pageOf(id);
      page.before.push(page.acknowledged, ...page.tried.slice(0, -1));
      page.acknowledged = page.tried.at(-1) ?? null;
      page.tried = [];
    },

    /**
     * An image was looked at after a crash, and is as it will stay.
     *
     * @param {string} id
     * @param {Mark} mark
     * @returns {Damage | undefined}
     */
    settle(id, mark) {
      const { acknowledged: last, before, tried } = pageOf(id);
      images.set(id, { acknowledged: mark, before: [...before, last, ...tried], tried: [] });
      if (mark === last || tried.includes(mark)) return undefined;
      if (mark === null) return 'lost';
      return before.includes(mark) ? 'rolled back' : 'torn';
    },
  };
}

/** @typedef {ReturnType<typeof createLedger>} Ledger */
