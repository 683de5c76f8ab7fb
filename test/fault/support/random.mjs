/**
 * Numbers that look random and are the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
export function createRandom(seed) {
  let state = seed | 0;

  /** @returns {number} at least 0, below 1 */
  function next() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    next,
    /**
     * @param {number} count
     * @returns {number} a whole number, at least 0, below `count`
     */
    below: (count) => Math.floor(next() * count),
    /**
     * @template Item
     * @param {readonly Item[]} items
     * @returns {Item}
     */
    pick: (items) => /** @type {Item} */ (items[Math.floor(next() * items.length)]),
  };
}

/** @typedef {ReturnType<typeof createRandom>} Random */
