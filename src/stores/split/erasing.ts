import type { GivenUp } from './given-up.js';
import type { Erasure, RowStore } from './row-store.js';

/**
 * Erases folders. Their keys go first, in one commit: from then on nobody is given any of their images, and what follows
 * is cleaning up, which can be cut short and done again.
 */
export function createErasing(rows: RowStore, givenUp: GivenUp) {
  /** @returns how many images were removed */
  async function removeImages(erasure: Erasure): Promise<number> {
    let images = 0;
    for (let after: string | null = ''; after !== null; ) {
      const removed = await rows.removeErased(erasure.folder, after);
      await givenUp.remove(removed.givenUp);
      images += removed.images;
      after = removed.last;
    }
    await rows.endErasure(erasure);
    return images;
  }

  return {
    /** @returns how many images were removed */
    async erase(folder: string): Promise<number> {
      if (!(await rows.eraseKeys(folder))) return 0;
      const erasure = (await rows.erasures()).find((each) => each.folder === folder);
      return erasure ? removeImages(erasure) : 0; // another process was faster
    },

    /** Goes on with what was cut short. */
    async resume(): Promise<void> {
      for (const erasure of await rows.erasures()) await removeImages(erasure);
    },
  };
}
