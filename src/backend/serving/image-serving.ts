import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import type { ImageStore } from '../../stores/port.js';
import { isOutdated } from '../keys/outdated.js';
import type { Proofs } from '../keys/proofs.js';
import type { StoreKeys } from '../keys/store-keys.js';
import { createHotReads, type HotReads } from './hot-reads.js';
import { type AnswerImage, createAnswer } from './image-answer.js';

// What a store looks up together. Small ciphertexts come along: of 16 KiB, so many make 1 MiB.
const gatheredAtOnce = 64;

export interface ServingOptions {
  /** Called by the first request, if nothing else has opened it before. */
  open(): MaybePromise<{ store: ImageStore; keys: StoreKeys; proofs: Proofs }>;
  /** Of ciphertexts that are asked for most. */
  memoryCacheBytes: number;
  maxConcurrentAnswers: number;
  /** False: whoever knows the id of an image is served. */
  checksProofs: boolean;
}

/** What reads images once the store is open. */
interface Reading {
  hotReads: HotReads;
  answer: AnswerImage;
  lookUpsAtOnce: number;
}

export interface Serving {
  answer: AnswerImage;
  /** How many look-ups had better be asked for in one turn of the loop. @throws what keeps the store from being opened */
  lookUpsAtOnce(): MaybePromise<number>;
  memoryCache(): { hits: number; misses: number; bytes: number };
}

/** Between the store and the endpoint: what answers for one image, and keeps in memory what is asked for most. */
export function createServing({ open, memoryCacheBytes, maxConcurrentAnswers, checksProofs }: ServingOptions): Serving {
  // A quarter of all slots stays for those whose pictures are in memory, however slow the store is.
  const readsAtOnce = Math.max(1, Math.floor((maxConcurrentAnswers * 3) / 4));
  let reading: Reading | undefined;
  const nothingRead = { hits: 0, misses: 0, bytes: 0 };

  const openReading = () =>
    andThen(open(), ({ store, keys, proofs }) => {
      if (reading) return reading;
      const hotReads = createHotReads(store, memoryCacheBytes, readsAtOnce);
      reading = {
        hotReads,
        lookUpsAtOnce: store.find ? gatheredAtOnce : 1,
        answer: createAnswer({
          ...{ read: hotReads.read, keys, proofs: checksProofs ? proofs : null },
          isOutdated: (part) => isOutdated(store, part),
        }),
      };
      return reading;
    });

  return {
    answer: (request) => (reading ? reading.answer(request) : andThen(openReading(), ({ answer }) => answer(request))),
    lookUpsAtOnce: () => andThen(reading ?? openReading(), ({ lookUpsAtOnce }) => lookUpsAtOnce),
    memoryCache: () => reading?.hotReads.stats() ?? nothingRead,
  };
}
