import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { mimeTypeOf } from '../../shared/protocol/formats.js';
import type { ImageFormat, ImageRecord } from '../../types/index.js';
import type { DiskCache } from '../cache/disk-cache.js';
import type { MemoryCache, MemoryEntry } from '../cache/memory-cache.js';
import type { FetchDemand, GetImageOptions } from '../network/demand.js';
import { hasCode } from '../network/errors.js';
import type { TimeoutOptions } from '../network/in-time.js';
import type { PayloadSource } from '../network/payload-source.js';
import { createRefresher, type RefreshRecords } from '../network/refresh.js';
import { createRefusedProofs } from '../network/refused-proofs.js';
import { createRetry, type RetryOptions } from '../network/retry.js';
import { proofInvalid, readAnswer } from './answer.js';
import { decrypt, toPicture, withRoomForTag } from './decrypt.js';
import type { Generation } from './generation.js';
import { assertRecord, decodeMeta, versionOf } from './record.js';
import { createSingleFlight } from './single-flight.js';

/** Where `getImage` found an image. */
export type ImageSource = 'memory' | 'disk' | 'network';

/** An image, the version it is of, and where it was found. */
export interface LoadedImage extends MemoryEntry {
  source: ImageSource;
}

/** What loading goes by. */
export interface LoaderOptions extends RetryOptions, TimeoutOptions {
  /** Formats that may be shown. Default: png, webp, jpg, jpeg. */
  imageFormats: readonly ImageFormat[];
  /**
   * Gets fresh records from your API, when the proofs of some have expired: asked once for all images concerned, or in
   * parts of at most 200 ids, one after the other; with the context of the first. Your API asks anew whether the user may:
   * an image it returns no record for, or one that is refused as well, is `ACCESS_REFUSED`.
   */
  refreshRecords?: RefreshRecords;
}

/** What loading an image goes through. */
export interface LoaderParts {
  options: LoaderOptions;
  source: PayloadSource;
  memory: MemoryCache;
  disk: DiskCache;
  /** Told of every image that was found and may be shown to whoever asks. */
  onArrival?: ((id: string, image: LoadedImage) => void) | undefined;
}

/** What the steps of loading one image have in common. */
interface LoadContext {
  /** What the application gave for its fetcher and its `refreshRecords`. */
  context: unknown;
  demand: FetchDemand;
  /** False when the image was deleted from the cache meanwhile, or all were. */
  mayKeep(id: string): boolean;
  /** The application was asked for a fresh record before, and this is it. */
  isRenewed: boolean;
}

/**
 * Makes what loads an image: from memory, else disk, else network; then it is decrypted, and kept on the way back. What
 * it remembers of an image or shares between calls ends with the generation: who logs in next gets a loader of his own.
 */
export function createImageLoader(
  { options: loaderOptions, source, memory, disk, onArrival }: LoaderParts,
  generation: Generation,
) {
  const { refreshRecords, fetchTimeout, imageFormats } = loaderOptions;
  const share = createSingleFlight<LoadedImage>(generation.signal);
  const retry = createRetry(loaderOptions);
  const refused = createRefusedProofs();
  let fetching = 0;
  const refresh = refreshRecords && createRefresher(refreshRecords, fetchTimeout, () => fetching, generation.signal);
  const types = imageFormats.map(mimeTypeOf);

  return (record: ImageRecord, context: unknown, options: GetImageOptions): LoadedImage | Promise<LoadedImage> => {
    const { id } = record;
    return (
      fromMemory(record) ??
      share(`${versionOf(record)},${generation.lastDeletionOf(id)}`, options, (demand) =>
        find(record, { context, demand, mayKeep: generation.watch(), isRenewed: false }),
      )
    );
  };

  function fromMemory(record: ImageRecord): LoadedImage | undefined {
    const kept = memory.get(record.id, versionOf(record));
    return kept && { ...kept, source: 'memory' };
  }

  async function find(record: ImageRecord, load: LoadContext): Promise<LoadedImage> {
    const loaded = (await fromDisk(record, load)) ?? (await fromNetwork(record, load));
    if (load.mayKeep(record.id)) {
      memory.put(record.id, loaded);
      onArrival?.(record.id, loaded);
    }
    return loaded;
  }

  async function fromDisk(record: ImageRecord, { mayKeep }: LoadContext): Promise<LoadedImage | undefined> {
    const { id, token, meta } = record;
    const cached = await disk.read(id, token, mayKeep);
    if (!cached) return undefined;
    try {
      const plaintext = cached.is === 'plaintext' ? cached.bytes : await decrypt(cached.bytes, decodeMeta(meta));
      return { picture: toPicture(plaintext, types), token, version: versionOf(record), source: 'disk' };
    } catch (error) {
      if (!hasCode(error, 'DECRYPTION_FAILED')) throw error;
      // This part alone: others may be in order.
      memory.removePart(id);
      disk.removePart(id);
      return undefined;
    }
  }

  async function fromNetwork(record: ImageRecord, load: LoadContext): Promise<LoadedImage> {
    try {
      return await fetchImage(record, load);
    } catch (error) {
      load.demand.signal?.throwIfAborted();
      if (hasCode(error, 'IMAGE_NOT_FOUND')) {
        memory.remove(record.id);
        void disk.drop(record.id);
      }
      // A proof that expired does not show, where the application can be asked for a fresh record.
      if (!refresh || !hasCode(error, 'PROOF_INVALID')) throw error;
      refused.add(record);
      const fresh = load.isRenewed ? undefined : await refresh(record.id, load.context);
      if (!fresh) throw new PixstoreError('ACCESS_REFUSED', 'The application refuses this image.', { cause: error });
      assertRecord(fresh);
      // Never an older version than the one that was asked for, whoever names it.
      if (fresh.token < record.token) throw error;
      return fromMemory(fresh) ?? find(fresh, { ...load, isRenewed: true });
    }
  }

  async function fetchImage(
    record: ImageRecord,
    { context, demand, mayKeep, isRenewed }: LoadContext,
  ): Promise<LoadedImage> {
    fetching += 1;
    const current = await retry(demand.signal, async () => {
      // A fresh record may have the same proof, by a clock that is ahead of the backend's: it is tried all the same.
      if (!isRenewed && refused.has(record)) throw proofInvalid();
      return readAnswer(await source(record, context, demand), record);
    }).finally(() => {
      fetching -= 1;
    });
    // In a buffer of its own: IndexedDB stores the whole buffer of a view, and a payload's may hold the key.
    const ciphertext = withRoomForTag(current.ciphertext);
    const plaintext = await decrypt(ciphertext, decodeMeta(current.meta));
    const picture = toPicture(plaintext, types);
    const { token } = current;
    if (mayKeep(record.id)) disk.write(record.id, token, { ciphertext, plaintext });
    return { picture, token, version: versionOf(current), source: 'network' };
  }
}
