/** Pseudo-random numbers that are the same in every run, so that a failure can be seen again (mulberry32). */
export function createRandom(seed: number) {
  let state = seed;

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  const upTo = (limit: number) => next() % (limit + 1);

  return {
    /** A whole number from 0 to the limit, both included. */
    upTo,
    oneOf: <Choice>(choices: readonly Choice[]) => choices[upTo(choices.length - 1)] as Choice,
    /** Up to so many bytes, each from the range. */
    bytes: (limit: number, from = 0, to = 255) =>
      Buffer.from(Array.from({ length: upTo(limit) }, () => from + upTo(to - from))),
  };
}

export type Random = ReturnType<typeof createRandom>;
