import type { Picture } from '../cache/memory-cache.js';

/**
 * The Blobs that the application was given, for as long as somebody holds them: who asks for the same thing gets the
 * same one. They are not kept alive here, since what a browser keeps of a Blob may end up on the disk.
 *
 * @example
 * const blobs = createHeldBlobs();
 * blobs.of(name, picture) === blobs.of(name, picture); // while anybody holds it
 */
export function createHeldBlobs() {
  const held = new Map<string, WeakRef<Blob>>();
  const collected = new FinalizationRegistry<string>((name) => {
    if (!get(name)) held.delete(name);
  });

  function get(name: string): Blob | undefined {
    return held.get(name)?.deref();
  }

  return {
    get,

    /** The Blob of that name; made, with a copy of the bytes, unless somebody holds it. */
    of(name: string, { bytes, type }: Picture): Blob {
      const there = get(name);
      if (there) return there;
      const blob = new Blob([bytes], { type });
      held.set(name, new WeakRef(blob));
      collected.register(blob, name);
      return blob;
    },
  };
}
