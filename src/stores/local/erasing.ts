import type { Changes } from './changes.js';
import type { Erasure, Reads } from './reads.js';

/**
 * Erases folders. Their keys go first, in one commit: from then on nobody is given any of their images, and what follows
 * is cleaning up, which can be cut short and done again.
 */
export function createErasing(reads: Reads, changes: Changes) {
  /** @returns how many images were removed */
  async function removeImages({ folder, generation }: Erasure): Promise<number> {
    let images = 0;
    for (let after: string | null = ''; after !== null; ) {
      const done = await changes.make({ kind: 'remove-erased', folder, after });
      images += done?.erased?.images ?? 0;
      after = done?.erased?.last ?? null;
    }
    await changes.make({ kind: 'end-erasure', folder, generation });
    return images;
  }

  return {
    /** @returns how many images were removed */
    async erase(folder: string): Promise<number> {
      if (!(await changes.make({ kind: 'erase-keys', folder }))) return 0;
      const erasure = reads.erasures().find((each) => each.folder === folder);
      return erasure ? removeImages(erasure) : 0; // another process was faster
    },

    /** Goes on with what was cut short. */
    async resume(): Promise<void> {
      for (const erasure of reads.erasures()) await removeImages(erasure);
    },
  };
}
