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
  let clears = 0;
  const deletions = new Map<string, number>();

  return {
    of: (id: string): string => `${clears}.${deletions.get(id) ?? 0}`,

    /** Ends the generation of one image, or of every image. */
    end(id?: string): void {
      if (id !== undefined) deletions.set(id, (deletions.get(id) ?? 0) + 1);
      else {
        clears += 1;
        deletions.clear();
      }
    },
  };
}
