/**
 * What is asked for between two logouts: it must not be kept when it arrives after the second. Deleting one image from
 * the cache does the same to that image alone.
 *
 * @example
 * const mayKeep = generation.watch(id);
 * const image = await load(id);
 * if (mayKeep()) keep(image);
 */
export type Generation = ReturnType<typeof createGeneration>;

/** @param signal - aborts, with an error for them, when the calls of this generation are to end */
export function createGeneration(signal: AbortSignal) {
  // How often each image was deleted.
  const deletions = new Map<string, number>();
  let isOver = false;

  return {
    signal,

    isOver: () => isOver,

    /** How often an image was deleted so far: what was asked for before must not serve those who ask now. */
    deletionsOf: (id: string): number => deletions.get(id) ?? 0,

    /** Gives a function that says whether what is asked for now may still be kept. */
    watch(id: string): () => boolean {
      const before = deletions.get(id);
      return () => !isOver && deletions.get(id) === before;
    },

    deleted(id: string): void {
      deletions.set(id, (deletions.get(id) ?? 0) + 1);
    },

    /** From now on nothing is kept of what was asked for in it; its calls go on unless the signal aborts. */
    end(): void {
      isOver = true;
    },
  };
}
