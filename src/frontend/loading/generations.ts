import type { MemoryCacheOptions } from '../cache/memory-cache.js';
import { createGeneration } from './generation.js';
import { createImageLoader, type LoaderOptions, type LoaderParts } from './load-image.js';
import { createImageShower } from './show-image.js';

/** What loading and showing go by. */
export interface GenerationOptions extends LoaderOptions, MemoryCacheOptions {}

export interface GenerationsParts extends LoaderParts {
  options: GenerationOptions;
}

export type Generations = ReturnType<typeof createGenerations>;

/** What calls between two logouts share, but for the caches: who logs in next gets all of it anew. */
export function createGenerations(parts: GenerationsParts) {
  const { options, memory } = parts;
  // Ends calls under way: of this generation, and of those before it whose calls were left to go on.
  let calls = new AbortController();
  let current = begin();

  function begin() {
    const generation = createGeneration(calls.signal);
    const load = createImageLoader(parts, generation);
    return { generation, load, ...createImageShower({ options, memory, load, generation }) };
  }

  return {
    current: () => current,

    /**
     * Begins the next one: of what is on its way nothing is kept.
     *
     * @param error - ends calls under way; without one they go on
     */
    next(error?: unknown): void {
      if (error) {
        calls.abort(error);
        calls = new AbortController();
      }
      current.generation.end();
      current = begin();
    },
  };
}
