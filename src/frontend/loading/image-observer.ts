import type { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { Picture } from '../cache/memory-cache.js';
import type { GetImageOptions } from '../network/demand.js';
import type { ImageSource } from './load-image.js';

/** How `observe` goes about it. To end the wait, unsubscribe or call `release`. */
export type ObserveOptions = Omit<GetImageOptions, 'signal'>;

/** How an observed image stands while there is nothing to show. */
export type NothingShown =
  | {
      /** There is no picture yet; it is asked for as long as somebody subscribes. */
      readonly status: 'loading';
      readonly url?: undefined;
      readonly picture?: undefined;
      readonly source?: undefined;
      readonly error?: undefined;
    }
  | {
      /** Until `retry` is called, or the last subscriber has left. */
      readonly status: 'error';
      readonly url?: undefined;
      readonly picture?: undefined;
      readonly source?: undefined;
      /** This observer's own: thrown nowhere, not logged, and not what `getLastPixstoreError` tells. */
      readonly error: PixstoreError;
    };

interface SomethingShown {
  readonly status: 'loaded';
  /** Where the image was found. */
  readonly source: ImageSource;
  readonly error?: undefined;
}

export interface UrlShown extends SomethingShown {
  /** For `src`; leads somewhere for as long as this is the snapshot. */
  readonly url: string;
  readonly picture?: undefined;
}

export interface BytesShown extends SomethingShown {
  /** The decrypted file and its MIME type. The bytes are those of the cache: to be read, and left as they are. */
  readonly picture: Picture;
  readonly url?: undefined;
}

/**
 * How an observed image stands. Fields that its `status` gives no meaning to are undefined, so that
 * `const { url, error } = observer.getSnapshot()` is enough to draw it. It never changes: what is new is another object.
 */
export type ImageSnapshot = NothingShown | UrlShown;

/** The same of an image that is observed for its bytes. */
export type BytesSnapshot = NothingShown | BytesShown;

/**
 * One image as a page shows it, over time. It is shaped for `useSyncExternalStore(subscribe, getSnapshot)`, Vue's
 * `shallowRef` and Svelte's `readable`; its functions need no `this`.
 */
export interface ImageObserver<Snapshot = ImageSnapshot> {
  /**
   * Begins to load the image, unless it is there, and tells of every change from now on. When the last subscriber has
   * left, what only the observer waits for is aborted and its URL freed, a microtask later: who subscribes again before
   * that finds everything as it was. Who subscribes later begins anew.
   *
   * @param listener - called once per change, with the new snapshot; it may unsubscribe, itself or others. What it
   * throws is logged and goes no further
   * @returns unsubscribes
   */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;

  /**
   * How the image stands: the same object until something changed. It is right without a subscription, but asks memory
   * alone: whoever wants the picture subscribes.
   */
  getSnapshot(): Snapshot;

  /** Begins anew after an error, with the same record; otherwise it does nothing. For a fresh record, observe that one. */
  retry(): void;

  /**
   * Unsubscribes everybody, aborts what only the observer waits for and frees its URL, a microtask later. For those who
   * use a snapshot without subscribing; what is forgotten is freed when the observer is collected. Whoever subscribes
   * again begins anew.
   */
  release(): void;
}
