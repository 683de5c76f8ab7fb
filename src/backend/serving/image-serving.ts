import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import type { ImageStore } from '../../stores/port.js';
import { isOutdated } from '../keys/outdated.js';
import type { Proofs } from '../keys/proofs.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { createHotReads, type HotReads } from './hot-reads.js';
import { type AnswerImage, createAnswer } from './image-answer.js';

export interface ServingOptions {
  /** Called by the first request, if nothing else has opened it before. */
  open(): MaybePromise<{ store: ImageStore; keys: StoreKeys; proofs: Proofs }>;
  /** Of ciphertexts that are asked for most. */
  memoryCacheBytes: number;
  maxConcurrentAnswers: number;
  /** False: whoever knows the id of an image is served. */
  checksProofs: boolean;
}

export interface Serving {
  answer: AnswerImage;
  memoryCache(): { hits: number; misses: number; bytes: number };
}

/** Between the store and the endpoint: what answers for one image, and keeps in memory what is asked for most. */
export function createServing({ open, memoryCacheBytes, maxConcurrentAnswers, checksProofs }: ServingOptions): Serving {
  // A quarter of all slots stays for those whose pictures are in memory, however slow the store is.
  const readsAtOnce = Math.max(1, Math.floor((maxConcurrentAnswers * 3) / 4));
  let reading: { hotReads: HotReads; answer: AnswerImage } | undefined;
  const nothingRead = { hits: 0, misses: 0, bytes: 0 };

  return {
    answer(request) {
      if (reading) return reading.answer(request);
      return andThen(open(), ({ store, keys, proofs }) => {
        if (!reading) {
          const hotReads = createHotReads(store, memoryCacheBytes, readsAtOnce);
          reading = {
            hotReads,
            answer: createAnswer({
              ...{ read: hotReads.read, keys, proofs: checksProofs ? proofs : null },
              isOutdated: (part) => isOutdated(store, part),
            }),
          };
        }
        return reading.answer(request);
      });
    },
    memoryCache: () => reading?.hotReads.stats() ?? nothingRead,
  };
}
