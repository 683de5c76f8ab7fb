import type { Picture } from './decrypt.js';

/**
 * The Blobs that the application was given, for as long as somebody holds them: who asks for the same version gets the
 * same one. They are not kept alive here, since what a browser keeps of a Blob may end up on the disk.
 *
 * @example
 * const blobs = createHeldBlobs();
 * blobs.of(version, picture) === blobs.of(version, picture); // while anybody holds it
 */
export function createHeldBlobs() {
  // By version; see `versionOf`.
  const held = new Map<string, WeakRef<Blob>>();
  const collected = new FinalizationRegistry<string>((version) => {
    if (!get(version)) held.delete(version);
  });

  function get(version: string): Blob | undefined {
    return held.get(version)?.deref();
  }

  return {
    get,

    /** The Blob of a version; made, with a copy of the bytes, unless somebody holds it. */
    of(version: string, { bytes, type }: Picture): Blob {
      const there = get(version);
      if (there) return there;
      const blob = new Blob([bytes], { type });
      held.set(version, new WeakRef(blob));
      collected.register(blob, version);
      return blob;
    },

    /** From now on every version of an image gets a new Blob. */
    forget(id: string): void {
      for (const version of held.keys()) if (version.startsWith(`${id},`)) held.delete(version);
    },
  };
}
