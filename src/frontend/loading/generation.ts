import { imageIdOf } from '../../shared/protocol/image-id.js';

/**
 * What is asked for between two logouts: it must not be kept when it arrives after the second. Deleting one image from
 * the cache does the same to that image alone, with all its variants; deleting a variant, to that variant.
 *
 * @example
 * const mayKeep = generation.watch();
 * const image = await load(id);
 * if (mayKeep(id)) keep(image);
 */
export type Generation = ReturnType<typeof createGeneration>;

/** @param signal - aborts, with an error for them, when the calls of this generation are to end */
export function createGeneration(signal: AbortSignal) {
  // Deletions are numbered. The last one of each image, or of a variant alone.
  const deletions = new Map<string, number>();
  let lastDeletion = 0;
  let isOver = false;

  /**
   * The number of the last deletion that an image, or a variant, was meant by; 0 when there was none. What was asked for
   * before it must not serve those who ask now.
   */
  function lastDeletionOf(id: string): number {
    return Math.max(deletions.get(id) ?? 0, deletions.get(imageIdOf(id)) ?? 0);
  }

  return {
    signal,

    isOver: () => isOver,

    lastDeletionOf,

    /** Gives a function that says whether what is asked for now of an image may still be kept. */
    watch(): (id: string) => boolean {
      const before = lastDeletion;
      return (id) => !isOver && lastDeletionOf(id) <= before;
    },

    deleted(id: string): void {
      lastDeletion += 1;
      deletions.set(id, lastDeletion);
    },

    /** From now on nothing is kept of what was asked for in it; its calls go on unless the signal aborts. */
    end(): void {
      isOver = true;
    },
  };
}
