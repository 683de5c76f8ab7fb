import { mimeTypeOf } from '../shared/formats.js';
import { invalidProof } from '../shared/wire/states.js';
import type { ImageRecord } from '../types/index.js';
import type { DiskCache } from './cache/disk-cache.js';
import type { Generation } from './cache/generation.js';
import type { MemoryCache, MemoryEntry } from './cache/memory-cache.js';
import type { FrontendOptions, ImageSource } from './config.js';
import { decrypt, type Picture, toPicture, withRoomForTag } from './decrypt.js';
import { readAnswer } from './fetching/answer.js';
import type { Demand, GetImageOptions } from './fetching/demand.js';
import { hasCode } from './fetching/errors.js';
import { createRefresher } from './fetching/refresh.js';
import { createRefusedProofs } from './fetching/refused-proofs.js';
import { createRetry } from './fetching/retry.js';
import { createSingleFlight } from './fetching/single-flight.js';
import { assertRecord, decodeMeta, versionOf } from './record.js';

/** An image, the version it is of, and where it was found. */
export interface LoadedImage extends MemoryEntry {
  source: ImageSource;
}

/** Fetches the payload of a record. */
export type PayloadSource = (record: ImageRecord, context: unknown, demand: Demand) => Promise<Uint8Array>;

/** What loading an image goes through. */
export interface LoaderParts {
  options: FrontendOptions;
  source: PayloadSource;
  memory: MemoryCache;
  disk: DiskCache;
  /** Told of every image that was found and may be shown to whoever asks. */
  onArrival?: ((id: string, image: LoadedImage) => void) | undefined;
}

/** What the steps of one journey have in common. */
interface Journey {
  context: unknown;
  demand: Demand;
  /** False when the image was deleted from the cache meanwhile, or all were. */
  mayKeep(): boolean;
}

/**
 * Makes the journey of an image: memory, else disk, else network; then decrypted, and kept on the way back. What it
 * remembers of an image or shares between calls ends with the generation: who logs in next gets a loader of his own.
 */
export function createImageLoader({ options, source, memory, disk, onArrival }: LoaderParts, generation: Generation) {
  const share = createSingleFlight<LoadedImage>(generation.signal);
  const retry = createRetry(options);
  const refused = createRefusedProofs(options.now);
  let fetching = 0;
  const refresh =
    options.refreshRecords &&
    createRefresher(options.refreshRecords, options.fetchTimeout, () => fetching, generation.signal);
  const types = options.imageFormats.map(mimeTypeOf);

  return (record: ImageRecord, context: unknown, wish: GetImageOptions): LoadedImage | Promise<LoadedImage> => {
    const { id } = record;
    return (
      fromMemory(record) ??
      share(`${versionOf(record)},${generation.lastDeletionOf(id)}`, wish, (demand) =>
        find(record, { context, demand, mayKeep: generation.watch(id) }),
      )
    );
  };

  function fromMemory(record: ImageRecord): LoadedImage | undefined {
    const kept = memory.get(record.id, versionOf(record));
    return kept && { ...kept, source: 'memory' };
  }

  /** @param isRenewed - the application was asked for a fresh record before, and this is it */
  async function find(record: ImageRecord, journey: Journey, isRenewed?: boolean): Promise<LoadedImage> {
    const { id, token } = record;
    const picture = await fromDisk(record, journey.mayKeep);
    const loaded: LoadedImage = picture
      ? { picture, token, version: versionOf(record), source: 'disk' }
      : await fromNetwork(record, journey, isRenewed).catch(async (error) => {
          journey.demand.signal?.throwIfAborted();
          if (hasCode(error, 'IMAGE_NOT_FOUND')) {
            memory.remove(id);
            void disk.drop(id);
          }
          if (!refresh || isRenewed || !hasCode(error, 'PROOF_INVALID')) throw error;
          // A proof that expired does not show: the journey goes on with a fresh record, if the application has one.
          refused.add(record);
          const fresh = await refresh(id, journey.context);
          if (!fresh) throw error;
          assertRecord(fresh);
          // Never an older version than the one that was asked for, whoever names it.
          if (fresh.token < token) throw error;
          return fromMemory(fresh) ?? find(fresh, journey, true);
        });
    if (journey.mayKeep()) {
      memory.put(id, loaded);
      onArrival?.(id, loaded);
    }
    return loaded;
  }

  async function fromDisk({ id, token, meta }: ImageRecord, mayKeep: () => boolean): Promise<Picture | undefined> {
    const cached = await disk.read(id, token, mayKeep);
    if (!cached) return undefined;
    try {
      const plaintext = 'plaintext' in cached ? cached.plaintext : await decrypt(cached.ciphertext, decodeMeta(meta));
      return toPicture(plaintext, types);
    } catch (error) {
      if (!hasCode(error, 'DECRYPTION_FAILED')) throw error;
      // This part alone: others may be in order.
      memory.removePart(id);
      disk.dropPart(id);
      return undefined;
    }
  }

  async function fromNetwork(
    record: ImageRecord,
    { context, demand, mayKeep }: Journey,
    isRenewed?: boolean,
  ): Promise<LoadedImage> {
    const { id } = record;
    // A fresh record may have the same proof, by a clock that is ahead of the backend's: it is tried all the same.
    const isRefused = () => !isRenewed && refused.has(record);
    fetching += 1;
    const current = await retry(demand.signal, async () => {
      const payload = isRefused() ? Uint8Array.of(invalidProof) : await source(record, context, demand);
      return readAnswer(payload, record);
    }).finally(() => {
      fetching -= 1;
    });
    // In a buffer of its own: IndexedDB stores the whole buffer of a view, and a payload's may hold the key.
    const ciphertext = withRoomForTag(current.ciphertext);
    const plaintext = await decrypt(ciphertext, decodeMeta(current.meta));
    const picture = toPicture(plaintext, types);
    const { token } = current;
    if (mayKeep()) disk.write(id, token, { ciphertext, plaintext });
    return { picture, token, version: versionOf(current), source: 'network' };
  }
}
