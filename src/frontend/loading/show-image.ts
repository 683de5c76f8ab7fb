import type { ImageRecord } from '../../types/index.js';
import type { MemoryCache, MemoryCacheOptions } from '../cache/memory-cache.js';
import type { GetImageOptions } from '../network/demand.js';
import type { Generation } from './generation.js';
import { createHeldBlobs } from './held-blobs.js';
import type { createImageLoader, LoadedImage } from './load-image.js';
import { versionOf } from './record.js';
import { createTurns } from './turns.js';

/** An image as the application gets it, the version it is of, and where it was found. */
export interface ShownImage extends Omit<LoadedImage, 'picture'> {
  image: Blob;
}

export interface ShowerParts {
  options: MemoryCacheOptions;
  memory: MemoryCache;
  load: ReturnType<typeof createImageLoader>;
  generation: Generation;
}

/** Makes Blobs of what is loaded; only of what is about to be shown, and one for all who show it. */
export function createImageShower({ options: { frontendMemoryCacheBytes }, memory, load, generation }: ShowerParts) {
  const blobs = createHeldBlobs();
  const turn = createTurns();
  let asked = 0;

  /** Who asks after a deletion gets no Blob that was asked for before, though somebody holds it. */
  const nameOf = (version: string, deletion: number) => `${version},${deletion}`;

  /** A Blob that somebody holds is as good as one in memory, unless nothing is to be kept there. */
  function fromHolders(record: ImageRecord, deletion: number): ShownImage | undefined {
    const version = versionOf(record);
    const image = frontendMemoryCacheBytes > 0 ? blobs.get(nameOf(version, deletion)) : undefined;
    if (!image) return undefined;
    memory.get(record.id, version); // it was used
    return { image, token: record.token, version, source: 'memory' };
  }

  function toShown({ picture, token, version, source }: LoadedImage, deletion: number): ShownImage {
    return { image: blobs.of(nameOf(version, deletion), picture), token, version, source };
  }

  return {
    /** What can be shown at once: no turn is waited for, since whoever asks is drawing the page. */
    peek(record: ImageRecord): ShownImage | undefined {
      const deletion = generation.lastDeletionOf(record.id);
      const held = fromHolders(record, deletion);
      if (held) return held;
      const kept = memory.get(record.id, versionOf(record));
      return kept && toShown({ ...kept, source: 'memory' }, deletion);
    },

    /** The same of what was loaded a moment ago. */
    toShown: (id: string, loaded: LoadedImage): ShownImage => toShown(loaded, generation.lastDeletionOf(id)),

    async show(record: ImageRecord, context: unknown, options: GetImageOptions): Promise<ShownImage> {
      asked += 1;
      const number = asked;
      const deletion = generation.lastDeletionOf(record.id);
      const held = fromHolders(record, deletion);
      if (held) return held;
      const loaded = await load(record, context, options);
      if (!blobs.get(nameOf(loaded.version, deletion))) await turn(number);
      generation.signal.throwIfAborted();
      options.signal?.throwIfAborted();
      return toShown(loaded, deletion);
    },
  };
}
