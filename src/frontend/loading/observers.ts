import type { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { belongsTo } from '../../shared/protocol/image-id.js';
import type { ImageRecord } from '../../types/index.js';
import type { ImageObserver, NothingShown, ObserveOptions } from './image-observer.js';
import type { LoadedImage } from './load-image.js';
import {
  type AnyShown,
  createObservedImage,
  type FoundImage,
  type ObservedImage,
  type ObserverParts,
} from './observe.js';

export type Observers = ReturnType<typeof createObservers>;

/**
 * Makes the observers of one frontend, and tells them what becomes of their images.
 *
 * @param onSubscriberFailed - told what a subscriber threw, or rejected with
 */
export function createObservers(onSubscriberFailed: (error: unknown) => void) {
  // By image: those that show something, wait for it or say why there is nothing. Others need not be told.
  const watching = new Map<string, Set<ObservedImage>>();
  // What a component drew and threw away without a word gives its URL back all the same.
  const dropped = new FinalizationRegistry<ObservedImage>((observed) => observed.abandoned());

  function watch(id: string, observed: ObservedImage, isWatching: boolean): void {
    const observers = watching.get(id) ?? new Set();
    if (isWatching) watching.set(id, observers.add(observed));
    else if (observers.delete(observed) && observers.size === 0) watching.delete(id);
  }

  /** Copies, since those who are told may come and go. */
  const watchersOf = (isMeant: (id: string) => boolean): ObservedImage[] =>
    [...watching].flatMap(([id, observers]) => (isMeant(id) ? [...observers] : []));

  return {
    observe<Image extends FoundImage, Snapshot extends AnyShown>(
      parts: ObserverParts<Image, Snapshot>,
      record: ImageRecord,
      context?: unknown,
      options?: ObserveOptions,
    ): ImageObserver<NothingShown | Snapshot> {
      const { observer, observed } = createObservedImage(
        {
          record,
          context,
          options,
          onSubscriberFailed,
          // Where it is no string, the observer says so, and that is all it will ever say.
          watch: (isWatching) => watch(String(record?.id), observed, isWatching),
        },
        parts,
      );
      dropped.register(observer, observed);
      return observer;
    },

    /** A version of an image was found, and may be shown to whoever asks. */
    arrived(id: string, image: LoadedImage): void {
      for (const observed of [...(watching.get(id) ?? [])]) observed.arrived(image);
    },

    /** An image with its variants, or a variant, was deleted from memory, and is from disk when `removal` settles. */
    deleted(id: string, removal: Promise<unknown>): void {
      for (const observed of watchersOf((part) => belongsTo(part, id))) observed.deleted(removal);
    },

    /** Nothing is shown any more. */
    end(error: PixstoreError): void {
      for (const observed of watchersOf(() => true)) observed.ended(error);
    },
  };
}
