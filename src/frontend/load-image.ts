import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { DecryptionKey } from '../shared/wire/payload.js';
import { WirePayloadState } from '../shared/wire/states.js';
import type { ImageMeta, ImageRecord } from '../types/index.js';
import type { DiskCache } from './cache/disk-cache.js';
import type { createGenerations } from './cache/generations.js';
import type { MemoryCache } from './cache/memory-cache.js';
import type { FrontendOptions, ImageSource } from './config.js';
import { decryptImage, isAllowedType } from './decrypt.js';
import { readAnswer } from './fetching/answer.js';
import { type AnyFetcher, fetchPayload } from './fetching/fetch-payload.js';
import { createSingleFlight } from './fetching/single-flight.js';
import { decodeMeta, encodeMeta } from './record.js';

/** An image, the version it is of, and where it was found. */
export interface LoadedImage {
  image: Blob;
  token: number;
  source: ImageSource;
}

/** What loading an image goes through. */
export interface LoaderParts {
  options: FrontendOptions;
  fetcher: AnyFetcher;
  memory: MemoryCache;
  disk: DiskCache;
  generations: ReturnType<typeof createGenerations>;
}

/** Makes the journey of an image: memory, else disk, else network; then decrypted, and kept on the way back. */
export function createImageLoader({ options, fetcher, memory, disk, generations }: LoaderParts) {
  const share = createSingleFlight<LoadedImage>();
  const formats = options.imageFormats;

  return async (record: ImageRecord, context: unknown): Promise<LoadedImage> => {
    const { id, token } = record;
    const openedWith = sealOf(record.meta);
    const kept = memory.get(id, token, openedWith);
    if (kept) return { image: kept, token, source: 'memory' };
    const generation = generations.of(id);
    const mayKeep = () => generations.of(id) === generation;
    return share([id, token, openedWith, generation].join(), async () => {
      const key = decodeMeta(record.meta);
      const onDisk = await fromDisk(id, token, key);
      if (!onDisk) return fromNetwork(record, key, context, mayKeep);
      if (mayKeep()) memory.put(id, { token, openedWith, image: onDisk });
      return { image: onDisk, token, source: 'disk' };
    });
  };

  async function fromDisk(id: string, token: number, key: DecryptionKey): Promise<Blob | undefined> {
    const cached = await disk.read(id, token);
    if (!cached) return undefined;
    if (cached instanceof Blob) return isAllowedType(cached.type, formats) ? cached : undefined;
    try {
      return await decryptImage(cached, key, formats);
    } catch (error) {
      if (!hasCode(error, 'DECRYPTION_FAILED')) throw error;
      forget(id);
      return undefined;
    }
  }

  async function fromNetwork(
    record: ImageRecord,
    recordKey: DecryptionKey,
    context: unknown,
    mayKeep: () => boolean,
  ): Promise<LoadedImage> {
    const { id } = record;
    const bytes = await fetchPayload(fetcher, options.fetchTimeout, record, context);
    const answer = readAnswerFor(id, bytes);
    const updated = answer.state === WirePayloadState.Updated;
    const token = updated ? answer.token : record.token;
    const image = await decryptImage(answer.ciphertext, updated ? answer : recordKey, formats);
    if (mayKeep()) {
      memory.put(id, { token, openedWith: sealOf(updated ? encodeMeta(answer) : record.meta), image });
      const plain = options.frontendCacheContents === 'decrypted';
      disk.write(id, token, plain ? image : answer.ciphertext.slice(), mayKeep);
    }
    return { image, token, source: 'network' };
  }

  function readAnswerFor(id: string, bytes: Uint8Array) {
    try {
      return readAnswer(bytes);
    } catch (error) {
      if (hasCode(error, 'IMAGE_NOT_FOUND')) forget(id);
      throw error;
    }
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

function hasCode(error: unknown, code: PixstoreError['code']): boolean {
  return error instanceof PixstoreError && error.code === code;
}
