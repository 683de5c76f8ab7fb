import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../types/index.js';
import type { GetImageOptions } from './fetching/demand.js';
import type { LoadedImage } from './load-image.js';
import type { ImageUrl } from './object-urls.js';
import type { ImageObserver, ImageSnapshot, ObserveOptions } from './public-api.js';
import type { ShownImage } from './show-image.js';
import { createSubscribers } from './subscribers.js';

/** What observers need of their frontend. */
export interface ObserverParts {
  /** Finds an image in memory, and counts nothing; throws a PixstoreError when the record is bad. */
  findAtOnce(record: ImageRecord): ShownImage | undefined;
  /** Finds an image wherever it is, and counts it. */
  find(record: ImageRecord, context: unknown, options: GetImageOptions): Promise<ShownImage>;
  /** Counts an image that was not found by `find`, but is shown all the same. */
  count(record: ImageRecord, image: ShownImage): void;
  /** Makes a Blob of what somebody else found. */
  toShown(id: string, image: LoadedImage): ShownImage;
  hold(version: string, image: Blob): ImageUrl;
  onSubscriberFailed(error: unknown): void;
}

/** What is observed, and how. */
export interface Observation {
  record: ImageRecord;
  context: unknown;
  options: ObserveOptions | undefined;
  /** From now on the observer is told what becomes of the image, or is no longer. */
  watch(observed: ObservedImage, isWatching: boolean): void;
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
 * Where an observer is. What is held while nobody subscribes is a URL at most; in idle it is nothing.
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
type Phase = (Idle | Loading | Shown | Failed) & { snapshot: ImageSnapshot };

interface Idle {
  name: 'idle';
}

interface Loading {
  name: 'loading';
  /** Of the record. */
  token: number;
  abort: AbortController;
}

interface Shown {
  name: 'shown';
  /** Of the version that is shown. */
  token: number;
  held: ImageUrl;
  /** Until it counts as shown. */
  uncounted: ShownImage | undefined;
}

interface Failed {
  name: 'failed';
}

// The same object for all: a snapshot changes only when what it says does.
const nothingYet: ImageSnapshot = /* @__PURE__ */ Object.freeze({ status: 'loading' });
const idle: Phase = { name: 'idle', snapshot: nothingYet };

/**
 * Makes an observer of one image, and what its frontend tells it by.
 *
 * Nothing is begun before somebody subscribes. Frameworks draw components that they then throw away, without a word
 * (StrictMode, Suspense): what was begun for them nobody would ever end.
 */
export function createObservedImage({ record, context, options, watch }: Observation, parts: ObserverParts) {
  const subscribers = createSubscribers<ImageSnapshot>(parts.onSubscriberFailed);
  let phase = idle;
  // Nothing is looked up any more, until somebody subscribes again.
  let isReleased = false;

  const observed: ObservedImage = {
    arrived(image) {
      if ('token' in phase && image.token > phase.token) become(() => shown(parts.toShown(record.id, image)));
    },

    deleted(removal) {
      // What was asked for before the deletion must not be shown after it, whether it is there or on its way.
      if ('token' in phase) become(() => lookUp(removal));
    },

    ended: (error) => become(() => failed(error)),

    abandoned: letGo,
  };

  /** @param enter - makes the next phase; what it throws is what the observer says */
  function become(enter: () => Phase): void {
    const before = phase;
    try {
      phase = enter();
    } catch (error) {
      phase = failed(error);
    }
    const { snapshot } = phase;
    watch(observed, phase !== idle);
    if (before.name === 'loading') before.abort.abort();
    if (snapshot !== before.snapshot) subscribers.tellAll(snapshot);
    // Not at once: frameworks that were told change the page in a microtask, and until then it shows this URL.
    if (before.name === 'shown') queueMicrotask(before.held.release);
    count();
  }

  /** An image counts, and is told of, when somebody wants to see it: to draw a component must have no effects. */
  function count(): void {
    if (phase.name !== 'shown' || !phase.uncounted || subscribers.isEmpty()) return;
    const image = phase.uncounted;
    phase.uncounted = undefined;
    parts.count(record, image);
  }

  /** Shows what memory has. Otherwise the image is loaded, if anybody subscribes. */
  function lookUp(removal?: Promise<unknown>): Phase {
    const image = parts.findAtOnce(record);
    if (image) return shown(image);
    return subscribers.isEmpty() ? idle : load(removal);
  }

  /** @param removal - of the image from the disk, which must not find it any more */
  function load(removal?: Promise<unknown>): Phase {
    const { token } = record;
    const loading: Phase = { name: 'loading', snapshot: nothingYet, token, abort: new AbortController() };
    const { signal } = loading.abort;
    const found = Promise.allSettled([removal]).then(() => {
      signal.throwIfAborted();
      return parts.find(record, context, { ...options, signal });
    });
    const goOn = (enter: () => Phase) => {
      // Otherwise it was given up.
      if (phase === loading) become(enter);
    };
    found.then(
      (image) => goOn(() => shown(image, true)),
      (error) => goOn(() => failed(error)),
    );
    return loading;
  }

  function shown(image: ShownImage, isCounted = false): Phase {
    const { token, version, source } = image;
    const held = parts.hold(version, image.image);
    return {
      name: 'shown',
      snapshot: { status: 'loaded', url: held.url, source },
      token,
      held,
      uncounted: isCounted ? undefined : image,
    };
  }

  function letGo(): void {
    if (subscribers.isEmpty()) become(() => idle);
  }

  // Not at once: who subscribes again in the same task, as React's StrictMode does, finds everything as it was.
  const letGoSoon = () => queueMicrotask(letGo);

  const observer: ImageObserver = {
    subscribe(listener) {
      isReleased = false;
      const unsubscribe = subscribers.add(listener);
      if (phase.name === 'idle') become(lookUp);
      count();
      return () => {
        unsubscribe();
        letGoSoon();
      };
    },

    getSnapshot() {
      if (phase.name === 'idle' && !isReleased) become(lookUp);
      return phase.snapshot;
    },

    retry() {
      if (phase.name === 'failed') become(lookUp);
    },

    release() {
      isReleased = true;
      subscribers.clear();
      letGoSoon();
    },
  };
  return { observer, observed };
}

function failed(cause: unknown): Phase {
  const error =
    cause instanceof PixstoreError
      ? cause
      : new PixstoreError('SHOW_FAILED', 'The browser could not show the image: see the cause.', { cause });
  return { name: 'failed', snapshot: { status: 'error', error } };
}
