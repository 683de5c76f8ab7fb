import { setImmediate as nextTurn } from 'node:timers/promises';
import { createAdmission } from '../../shared/admission.js';
import { joinId } from '../../shared/protocol/image-id.js';
import type { ImageStore } from '../../stores/port.js';
import type { Throttle } from '../images/rate.js';
import type { CopiedImage, CopyFailure, CopySource } from './copied-image.js';
import type { CopyRing } from './copy-ring.js';
import { createSettling } from './settling.js';
import { isDamage } from './sound-part.js';
import { createStoreTarget } from './store-target.js';

/** How far a copy has come. */
export interface CopyProgress {
  /**
   * `images`: a walk through all images, of which the second and later ones find what was changed meanwhile; `settling`: what
   * was removed meanwhile is removed; `done`: all is done.
   */
  step: 'images' | 'settling' | 'done';
  /** Which walk it is: 1, 2 and so on. */
  pass: number;
  /** Images that this walk has come by, and about how many there are. */
  done: number;
  total: number;
  /** Images that were copied or brought up to date, those that were there, and those that were removed, in all. */
  copied: number;
  same: number;
  removed: number;
  /** Bytes of ciphertext that were copied, in all. */
  bytes: number;
  /** Images, and variants of images, that were not copied, since they are damaged or missing. */
  failures: readonly CopyFailure[];
}

export interface CopyingOptions {
  source: CopySource;
  store: ImageStore;
  ring: CopyRing;
  throttle: Throttle;
  signal: AbortSignal | undefined;
  /** Should the store be whole at the end, and ready to be used? */
  finish: boolean;
  /** Is what is there already read back, too? Nobody knows how far the one that had copied it had read it back. */
  verifyAll: boolean;
  /** Walks at most. */
  mostPasses: number;
  randomBytes(length: number): Uint8Array;
}

// At once, so that a store can commit many together, within so many bytes.
const imagesAtOnce = 64;
const bytesAtOnce = 64 * 1024 * 1024;

const mostTries = 100;

/**
 * Fills a store from another one, or from a backup. Ended early, by its signal, an error or a crash, the next one goes on:
 * what is there already is compared by its records, and not copied again.
 *
 * ```text
 *   key ring, not whole ─► walk, put and read back ─► again, until a walk finds nothing new ─► remove ─► key ring, whole
 * ```
 */
export async function* copyImages(options: CopyingOptions): AsyncGenerator<CopyProgress, void, void> {
  const { source, store, ring, throttle, signal } = options;
  const settling = createSettling({ store, source, signal, randomBytes: options.randomBytes });
  const admission = createAdmission({ bytes: bytesAtOnce, images: imagesAtOnce });
  const failures = new Map<string, CopyFailure>();
  const target = createStoreTarget({
    ...{ store, source, ring },
    onDamage: ({ id, variant }, error) => fail(joinId(id, variant), error),
  });
  const progress = { pass: 1, done: 0, total: 0, copied: 0, same: 0, removed: 0, bytes: 0 };

  const at = (step: CopyProgress['step']): CopyProgress => ({ step, ...progress, failures: [...failures.values()] });

  const sizeOf = ({ parts }: CopiedImage): number => parts.reduce((sum, { size }) => sum + size, 0);

  function fail(id: string, error: Error): void {
    failures.set(id, { id, error });
  }

  async function copyOne(image: CopiedImage, readsAll: boolean): Promise<void> {
    for (let tries = 0, next: CopiedImage | null = image; next && tries < mostTries; tries += 1) {
      const outcome = await target.copy(next);
      if (outcome === 'same') {
        if (readsAll) await target.requireWhole(next.id);
        progress.same += 1;
      }
      if (outcome === 'copied') {
        progress.copied += 1;
        progress.bytes += sizeOf(next);
      }
      if (outcome === 'copied' || readsAll) await throttle(1, sizeOf(next));
      if (outcome !== 'gone') return;
      next = await source.again(image.id);
    }
  }

  /** One that is damaged does not keep the others from being copied. */
  async function tryOne(image: CopiedImage, readsAll: boolean): Promise<void> {
    signal?.throwIfAborted();
    for (const { id, variant } of image.parts) failures.delete(joinId(id, variant));
    try {
      await admission.admit(sizeOf(image), async () => copyOne(image, readsAll));
    } catch (error) {
      if (!isDamage(error)) throw error;
      fail(image.id, error);
    }
    progress.done += 1;
  }

  /** @returns how many images were new or changed */
  async function* walk(): AsyncGenerator<CopyProgress, number> {
    const before = progress.copied;
    const readsAll = options.verifyAll && progress.pass === 1;
    target.forgetFolders();
    Object.assign(progress, { done: 0, total: await source.count(), same: 0 });
    for await (const batch of source.batches()) {
      for (let from = 0; from < batch.length; from += imagesAtOnce) {
        signal?.throwIfAborted();
        await nextTurn(); // stores that answer at once would leave nobody else a turn
        await settled(batch.slice(from, from + imagesAtOnce).map((image) => tryOne(image, readsAll)));
        yield at('images');
      }
    }
    return progress.copied - before;
  }

  const wasBegun = await ring.begin();
  if (wasBegun) await settling.shutErased();
  while ((yield* walk()) > 0 && progress.pass < options.mostPasses) progress.pass += 1;
  yield at('settling');
  signal?.throwIfAborted();
  if (options.finish) {
    progress.removed = await settling.settle();
    await ring.finish();
  } else await settling.shutErased();
  yield at('done');
}

/** Waits for all, also when one fails: nothing goes on once the error is told. */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}
