import type { Identity } from './identity.js';
import type { RowStore } from './row-store.js';
import type { SessionBlobs } from './session-blobs.js';

export interface GivenUpOptions {
  rows: RowStore;
  blobs: SessionBlobs;
  identity: Identity;
}

export type GivenUp = ReturnType<typeof createGivenUp>;

/** Removes blobs at once that no row names any more. What cannot be removed now is left to `sweep`. */
export function createGivenUp({ rows, blobs, identity }: GivenUpOptions) {
  async function removable(names: readonly string[]): Promise<readonly string[]> {
    try {
      return await identity.mayRemove(names);
    } catch {
      return [];
    }
  }

  return {
    /** Blobs that a commit has given up, and noted as such. */
    async remove(names: readonly string[]): Promise<void> {
      if (names.length === 0) return;
      const gone: string[] = [];
      for (const name of await removable(names)) {
        try {
          if (!(await rows.isBlobInUse(name))) await blobs.remove(name);
          gone.push(name);
        } catch {
          // It is noted as given up.
        }
      }
      if (gone.length > 0) await rows.forgetBlobs(gone).catch(() => {});
    },

    /** Blobs that were just written, and that no row will name. */
    async discard(names: readonly (string | null)[]): Promise<void> {
      for (const name of names) {
        try {
          // When a commit is said to have failed, it may have been done all the same.
          if (name && !(await rows.isBlobInUse(name))) await blobs.remove(name);
        } catch {
          // No row names it.
        }
      }
    },
  };
}
