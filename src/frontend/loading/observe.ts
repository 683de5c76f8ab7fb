import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import type { GetImageOptions } from '../network/demand.js';
import type { BytesShown, ImageObserver, NothingShown, ObserveOptions, UrlShown } from './image-observer.js';
import type { LoadedImage } from './load-image.js';
import { createSubscribers } from './subscribers.js';

/** What the snapshot of a picture that is there says: its URL, or its bytes. */
export type AnyShown = UrlShown | BytesShown;

/** What was found: with its bytes, or with a Blob of them. */
export type FoundImage = Pick<LoadedImage, 'token' | 'source'>;

/** What an observer needs of its frontend, by what it gives: URLs or bytes. */
export interface ObserverParts<Image extends FoundImage, Snapshot extends AnyShown> {
  /** Finds an image in memory, and counts nothing; throws a PixstoreError when the record is bad. */
  findInMemory(record: ImageRecord): Image | undefined;
  /** Finds an image wherever it is, and counts it. */
  find(record: ImageRecord, context: unknown, options: GetImageOptions): Promise<Image>;
  /** Counts an image that was not found by `find`, but is shown all the same. */
  count(record: ImageRecord, image: Image): void;
  /** Of what somebody else found. */
  toFound(id: string, image: LoadedImage): Image;
  /** Makes the snapshot of an image, and what it takes until `leave` is called. */
  hold(image: Image): { snapshot: Snapshot; leave(): void };
}

/** What is observed, and how. */
export interface Observation {
  record: ImageRecord;
  context: unknown;
  options: ObserveOptions | undefined;
  /** Told what a subscriber threw, or rejected with. */
  onSubscriberFailed(error: unknown): void;
  /** From now on the observer is told what becomes of the image, or is no longer. */
  watch(isWatching: boolean): void;
}

/** What an observer is told by its frontend. */
export interface ObservedImage {
  /** A version of the image was found, whoever asked for it. */
  arrived(image: LoadedImage): void;
  /** The image was deleted from memory, and from disk when `removal` settles. */
  deleted(removal: Promise<unknown>): void;
  /** The user logged out, or the frontend was closed: nothing is shown any more. */
  ended(error: PixstoreError): void;
  /** Nobody holds the observer any more. */
  abandoned(): void;
}

/**
 * Where an observer is. Only what is loading or shown holds anything, and lets go of it when it is left.
 *
 *     idle ──── subscribe ────▶ loading ─── found ───▶ shown ─┐ a newer version
 *      │                         │  ▲  ▲                │ ▲ ◀─┘
 *      │                         │  │  └─── deleted ────┘ │
 *      │                   fails │  │ retry               │
 *      │                         ▼  │                     │
 *      │                        failed ◀── logout ── (any but idle)
 *      │                                                  │
 *      └──── getSnapshot or subscribe: memory has it ─────┘
 *
 * When the last subscriber has left, all lead back to idle.
 */
type Phase<Image, Snapshot> = Idle | Loading | Shown<Image, Snapshot> | Failed;

interface Idle {
  snapshot: NothingShown;
  token?: never;
  leave?: never;
  uncounted?: never;
}

interface Failed extends Idle {}

interface Loading {
  snapshot: NothingShown;
  /** Of the record. */
  token: number;
  /** Aborts. */
  leave(): void;
  uncounted?: never;
}

interface Shown<Image, Snapshot> {
  snapshot: Snapshot;
  /** Of the version that is shown. */
  token: number;
  /** Gives back what it takes. */
  leave(): void;
  /** The image, until it counts as shown. */
  uncounted: Image | undefined;
}

// The same object for all: a snapshot changes only when what it says does.
const nothingYet: NothingShown = /* @__PURE__ */ Object.freeze({ status: 'loading' });
const idle: Idle = { snapshot: nothingYet };

/**
 * Makes an observer of one image, and what its frontend tells it by.
 *
 * Nothing is begun before somebody subscribes. Frameworks draw components that they then throw away, without a word
 * (StrictMode, Suspense): what was begun for them nobody would ever end.
 */
export function createObservedImage<Image extends FoundImage, Snapshot extends AnyShown>(
  { record, context, options, onSubscriberFailed, watch }: Observation,
  parts: ObserverParts<Image, Snapshot>,
) {
  const subscribers = createSubscribers<NothingShown | Snapshot>(onSubscriberFailed);
  let phase: Phase<Image, Snapshot> = idle;
  // Nothing is looked up any more, until somebody subscribes again.
  let isReleased = false;

  /** @param enter - makes the next phase; what it throws is what the observer says */
  function become(enter: () => Phase<Image, Snapshot>): void {
    const before = phase;
    try {
      phase = enter();
    } catch (error) {
      phase = failed(error);
    }
    const { snapshot } = phase;
    watch(phase !== idle);
    if (snapshot !== before.snapshot) subscribers.tellAll(snapshot);
    before.leave?.();
    count();
  }

  /** An image counts, and is told of, when somebody wants to see it: to draw a component must have no effects. */
  function count(): void {
    const { uncounted } = phase;
    if (!uncounted || subscribers.isEmpty()) return;
    phase.uncounted = undefined;
    parts.count(record, uncounted);
  }

  /** Shows what memory has. Otherwise the image is loaded, if anybody subscribes. */
  function lookUp(removal?: Promise<unknown>): Phase<Image, Snapshot> {
    const image = parts.findInMemory(record);
    if (image) return shown(image);
    return subscribers.isEmpty() ? idle : load(removal);
  }

  /** @param removal - of the image from the disk, which must not find it any more */
  function load(removal?: Promise<unknown>): Loading {
    const abort = new AbortController();
    const { signal } = abort;
    const loading: Loading = { snapshot: nothingYet, token: record.token, leave: () => abort.abort() };
    void goOn();
    return loading;

    async function goOn(): Promise<void> {
      await Promise.allSettled([removal]);
      if (signal.aborted) return;
      const [found] = await Promise.allSettled([parts.find(record, context, { ...options, signal })]);
      if (signal.aborted) return;
      become(() => (found.status === 'fulfilled' ? shown(found.value, true) : failed(found.reason)));
    }
  }

  function shown(image: Image, isCounted = false): Shown<Image, Snapshot> {
    const { snapshot, leave } = parts.hold(image);
    return {
      snapshot,
      token: image.token,
      // Not at once: frameworks that were told change the page in a microtask, and until then it shows this image.
      leave: () => queueMicrotask(leave),
      uncounted: isCounted ? undefined : image,
    };
  }

  function letGo(): void {
    if (subscribers.isEmpty()) become(() => idle);
  }

  // Not at once: who subscribes again in the same task, as React's StrictMode does, finds everything as it was.
  const letGoSoon = () => queueMicrotask(letGo);

  const observer: ImageObserver<NothingShown | Snapshot> = {
    subscribe(listener) {
      isReleased = false;
      const unsubscribe = subscribers.add(listener);
      if (phase === idle) become(lookUp);
      count();
      return () => {
        unsubscribe();
        letGoSoon();
      };
    },

    getSnapshot() {
      if (phase === idle && !isReleased) become(lookUp);
      return phase.snapshot;
    },

    retry() {
      if (phase.snapshot.error) become(lookUp);
    },

    release() {
      isReleased = true;
      subscribers.clear();
      letGoSoon();
    },
  };

  const observed: ObservedImage = {
    arrived(image) {
      if (phase.leave && image.token > phase.token) become(() => shown(parts.toFound(record.id, image)));
    },

    deleted(removal) {
      // What was asked for before the deletion must not be shown after it, whether it is there or on its way.
      if (phase.leave) become(() => lookUp(removal));
    },

    ended: (error) => become(() => failed(error)),

    abandoned: letGo,
  };

  return { observer, observed };
}

function failed(cause: unknown): Failed {
  const error =
    cause instanceof PixstoreError
      ? cause
      : new PixstoreError('SHOW_FAILED', 'The browser could not show the image: see the cause.', { cause });
  return { snapshot: { status: 'error', error } };
}
