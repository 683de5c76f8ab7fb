import { mimeTypeOf } from '../shared/formats.js';
import { invalidProof } from '../shared/wire/states.js';
import type { ImageMeta, ImageRecord } from '../types/index.js';
import type { DiskCache } from './cache/disk-cache.js';
import type { createGenerations } from './cache/generations.js';
import type { MemoryCache } from './cache/memory-cache.js';
import type { FrontendOptions, ImageSource } from './config.js';
import { decrypt, toImage, withRoomForTag } from './decrypt.js';
import { readAnswer } from './fetching/answer.js';
import type { Demand, GetImageOptions } from './fetching/demand.js';
import { hasCode } from './fetching/errors.js';
import { createRefresher } from './fetching/refresh.js';
import { createRefusedProofs } from './fetching/refused-proofs.js';
import { createRetry } from './fetching/retry.js';
import { createSingleFlight } from './fetching/single-flight.js';
import { assertRecord, decodeMeta, encodeMeta } from './record.js';
import { createTurns } from './turns.js';

/** An image, the version it is of, and where it was found. */
export interface LoadedImage {
  image: Blob;
  token: number;
  /** See {@link versionOf}. */
  version: string;
  source: ImageSource;
}

/** Fetches the payload of a record. */
export type PayloadSource = (record: ImageRecord, context: unknown, demand: Demand) => Promise<Uint8Array>;

/** What loading an image goes through. */
export interface LoaderParts {
  options: FrontendOptions;
  source: PayloadSource;
  memory: MemoryCache<LoadedImage>;
  disk: DiskCache;
  generations: ReturnType<typeof createGenerations>;
}

/** What the steps of one journey have in common. */
interface Journey {
  context: unknown;
  demand: Demand;
  /** False when the image was deleted from the cache meanwhile. */
  mayKeep(): boolean;
}

/** Makes the journey of an image: memory, else disk, else network; then decrypted, and kept on the way back. */
export function createImageLoader({ options, source, memory, disk, generations }: LoaderParts) {
  const share = createSingleFlight<LoadedImage>();
  const turn = createTurns();
  const retry = createRetry(options);
  const refused = createRefusedProofs(options.now);
  let fetching = 0;
  const refresh =
    options.refreshRecords && createRefresher(options.refreshRecords, options.fetchTimeout, () => fetching);
  const types = options.imageFormats.map(mimeTypeOf);

  return (record: ImageRecord, context: unknown, wish: GetImageOptions): LoadedImage | Promise<LoadedImage> => {
    const { id } = record;
    const generation = generations.of(id);
    return (
      fromMemory(record) ??
      share(versionOf(record) + generation, wish, (demand) =>
        find(record, { context, demand, mayKeep: () => generations.of(id) === generation }),
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
    const image = await fromDisk(record, journey.demand);
    const loaded: LoadedImage = image
      ? { image, token, version: versionOf(record), source: 'disk' }
      : await fromNetwork(record, journey, isRenewed).catch(async (error) => {
          if (hasCode(error, 'IMAGE_NOT_FOUND')) forget(id);
          if (!refresh || isRenewed || !hasCode(error, 'PROOF_INVALID')) throw error;
          // A proof that expired does not show: the journey goes on with a fresh record, if the application has one.
          refused.add(record);
          const fresh = await refresh(id, journey.context);
          if (!fresh) throw error;
          assertRecord(fresh);
          return fromMemory(fresh) ?? find(fresh, journey, true);
        });
    if (journey.mayKeep()) memory.put(id, loaded);
    return loaded;
  }

  async function fromDisk({ id, token, meta }: ImageRecord, demand: Demand): Promise<Blob | undefined> {
    const cached = await disk.read(id, token);
    if (!cached) return undefined;
    if (cached instanceof Blob) return types.includes(cached.type) ? cached : undefined;
    try {
      return await open(cached, meta, demand);
    } catch (error) {
      if (!hasCode(error, 'DECRYPTION_FAILED')) throw error;
      forget(id);
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
    const answer = await retry(demand.signal, async () =>
      readAnswer(isRefused() ? Uint8Array.of(invalidProof) : await source(record, context, demand)),
    ).finally(() => {
      fetching -= 1;
    });
    const current = 'token' in answer ? { ...answer, id, meta: encodeMeta(answer) } : record;
    // In a buffer of its own: IndexedDB stores the whole buffer of a view, and a payload's may hold the key.
    const ciphertext = withRoomForTag(answer.ciphertext);
    const image = await open(ciphertext, current.meta, demand);
    const { token } = current;
    if (mayKeep()) disk.write(id, token, { image, ciphertext });
    return { image, token, version: versionOf(current), source: 'network' };
  }

  async function open(sealed: Uint8Array<ArrayBuffer>, meta: ImageMeta, demand: Demand): Promise<Blob> {
    const plaintext = await decrypt(sealed, decodeMeta(meta));
    await turn(demand);
    return toImage(plaintext, types);
  }

  function forget(id: string): void {
    memory.remove(id);
    void disk.drop(id);
  }
}

/** Tells versions of images apart, also by what opens them: a record with another key must not get the picture. */
function versionOf({ id, token, meta: { key, tag } }: Omit<ImageRecord, 'statelessProof'>): string {
  return [id, token, key, tag].join();
}
