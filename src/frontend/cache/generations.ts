/**
 * Tells apart what began before an image was deleted from the cache, and what began after: what is still on its way
 * when a user logs out must not be cached when it arrives.
 *
 * @example
 * const began = generations.of(id);
 * const image = await load(id);
 * if (generations.of(id) === began) keep(image);
 */
export function createGenerations() {
  // How often each image was deleted; under undefined, how often all were.
  const ends = new Map<string | undefined, number>();

  return {
    of: (id: string): string => `${ends.get(undefined)}.${ends.get(id)}`,

    /** Ends the generation of one image, or of every image. */
    end(id?: string): void {
      ends.set(id, (ends.get(id) ?? 0) + 1);
    },
  };
}
