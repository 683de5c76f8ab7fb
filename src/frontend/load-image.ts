import { mimeTypeOf } from '../shared/formats.js';
import { tagLength } from '../shared/wire/layout.js';
import type { DecryptionKey } from '../shared/wire/payload.js';
import type { ImageMeta, ImageRecord } from '../types/index.js';
import type { DiskCache } from './cache/disk-cache.js';
import type { createGenerations } from './cache/generations.js';
import type { MemoryCache } from './cache/memory-cache.js';
import type { FrontendOptions, ImageSource } from './config.js';
import { decrypt, toImage, withTag } from './decrypt.js';
import { readAnswer } from './fetching/answer.js';
import type { Demand, GetImageOptions } from './fetching/demand.js';
import { hasCode } from './fetching/errors.js';
import { createRefresher } from './fetching/refresh.js';
import { createRetry } from './fetching/retry.js';
import { createSingleFlight } from './fetching/single-flight.js';
import { assertRecord, decodeMeta, encodeMeta } from './record.js';
import { createTurns } from './turns.js';

/** An image, the version it is of, and where it was found. */
export interface LoadedImage {
  image: Blob;
  token: number;
  /** Key and tag: id, token and these make a version. */
  openedWith: string;
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
  generations: ReturnType<typeof createGenerations>;
}

/** What the steps of one journey have in common. */
interface Journey {
  context: unknown;
  demand: Demand;
  /** False when the image was deleted from the cache meanwhile. */
  mayKeep(): boolean;
  /** The application was asked for a fresh record before. */
  renewed?: boolean;
}

/** Makes the journey of an image: memory, else disk, else network; then decrypted, and kept on the way back. */
export function createImageLoader({ options, source, memory, disk, generations }: LoaderParts) {
  const share = createSingleFlight<LoadedImage>();
  const turn = createTurns();
  const retry = createRetry(options);
  let fetching = 0;
  const refresh =
    options.refreshRecords && createRefresher(options.refreshRecords, options.fetchTimeout, () => fetching);
  const types = options.imageFormats.map(mimeTypeOf);

  return (record: ImageRecord, context: unknown, wish: GetImageOptions): LoadedImage | Promise<LoadedImage> => {
    const { id, token } = record;
    const openedWith = sealOf(record.meta);
    const kept = fromMemory(record, openedWith);
    if (kept) return kept;
    const generation = generations.of(id);
    return share([id, token, openedWith, generation].join(), wish, (demand) =>
      find(record, { context, demand, mayKeep: () => generations.of(id) === generation }),
    );
  };

  function fromMemory({ id, token }: ImageRecord, openedWith: string): LoadedImage | undefined {
    const image = memory.get(id, token, openedWith);
    return image && { image, token, openedWith, source: 'memory' };
  }

  async function find(record: ImageRecord, journey: Journey): Promise<LoadedImage> {
    const { id, token } = record;
    const onDisk = await fromDisk(record, journey.demand);
    if (!onDisk) return fromNetwork(record, journey).catch((error) => recover(error, record, journey));
    const entry = { token, openedWith: sealOf(record.meta), image: onDisk };
    if (journey.mayKeep()) memory.put(id, entry);
    return { ...entry, source: 'disk' };
  }

  /** A proof that expired does not show: the journey goes on with a fresh record, if the application has one. */
  async function recover(error: unknown, { id }: ImageRecord, journey: Journey): Promise<LoadedImage> {
    if (hasCode(error, 'IMAGE_NOT_FOUND')) forget(id);
    if (!refresh || journey.renewed || !hasCode(error, 'PROOF_INVALID')) throw error;
    const fresh = await refresh(id, journey.context);
    if (!fresh) throw error;
    assertRecord(fresh);
    return fromMemory(fresh, sealOf(fresh.meta)) ?? find(fresh, { ...journey, renewed: true });
  }

  async function fromDisk({ id, token, meta }: ImageRecord, demand: Demand): Promise<Blob | undefined> {
    const cached = await disk.read(id, token);
    if (!cached) return undefined;
    if (cached instanceof Blob) return types.includes(cached.type) ? cached : undefined;
    try {
      const key = decodeMeta(meta);
      return await open(withTag(cached, key.tag), key, demand);
    } catch (error) {
      if (!hasCode(error, 'DECRYPTION_FAILED')) throw error;
      forget(id);
      return undefined;
    }
  }

  async function fromNetwork(record: ImageRecord, { context, demand, mayKeep }: Journey): Promise<LoadedImage> {
    const { id } = record;
    demand.signal?.throwIfAborted();
    fetching += 1;
    const answer = await retry(demand.signal, async () => readAnswer(await source(record, context, demand))).finally(
      () => {
        fetching -= 1;
      },
    );
    const { token, meta } = 'token' in answer ? { token: answer.token, meta: encodeMeta(answer) } : record;
    const key = decodeMeta(meta);
    const sealed = withTag(answer.ciphertext, key.tag);
    const entry = { token, openedWith: sealOf(meta), image: await open(sealed, key, demand) };
    if (mayKeep()) {
      memory.put(id, entry);
      const isPlain = options.frontendCacheContents === 'decrypted';
      // In a buffer of its own: IndexedDB stores the whole buffer of a view, and a payload's may hold the key.
      disk.write(id, token, isPlain ? entry.image : sealed.subarray(0, -tagLength));
    }
    return { ...entry, source: 'network' };
  }

  async function open(sealed: BufferSource, key: DecryptionKey, demand: Demand): Promise<Blob> {
    const plaintext = await decrypt(sealed, key);
    await turn(demand);
    return toImage(plaintext, types);
  }

  function forget(id: string): void {
    memory.remove(id);
    void disk.drop(id);
  }
}

/** What an image was opened with, as one string. */
function sealOf({ key, tag }: ImageMeta): string {
  return key + tag;
}
