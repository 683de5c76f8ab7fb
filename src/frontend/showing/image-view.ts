import type { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import type { BytesSnapshot, ImageObserver, ImageSnapshot, ObserveOptions } from '../loading/image-observer.js';
import type { ImageSource } from '../loading/load-image.js';
import type { EncodedPicture } from '../painting/picture.js';

/** What showing a picture needs of a frontend. */
export interface ObservingFrontend<Context = never> {
  observe(record: ImageRecord, context?: Context, options?: ObserveOptions): ImageObserver;
  observeBytes(record: ImageRecord, context?: Context, options?: ObserveOptions): ImageObserver<BytesSnapshot>;
}

/** How a picture stands, for whoever draws it. It never changes: what is new is another object. */
export interface ImageState {
  /**
   * For `src`. While a newer version of the picture loads, it leads to the one before; without a picture, and after an
   * error, it is undefined; so it is where the picture is painted.
   */
  readonly src?: string | undefined;
  /** Where the picture is painted, in place of `src`: the image file, to be read and left as it is. */
  readonly picture?: EncodedPicture | undefined;
  /** `loading` also when nobody has asked for it yet. */
  readonly status: ImageSnapshot['status'];
  /** Why there is no picture. */
  readonly error?: PixstoreError | undefined;
  /** Where the image was found. */
  readonly source?: ImageSource | undefined;
  /** Begins anew after an error; otherwise it does nothing. */
  readonly retry: () => void;
}

/** What is shown, and how. */
export interface ImageRequest {
  /** Without one there is nothing to load yet. */
  record: ImageRecord | null | undefined;
  /** One of its variants, where that is shown in its place. */
  chosen?: ImageRecord | null | undefined;
  /** Handed to functions of the application, as by `getImage`. */
  context?: unknown;
  /** What goes first, as of `getImage`. */
  priority?: 'high' | 'low' | 'auto' | undefined;
  /** False: nothing is asked for, and nothing held. */
  enabled?: boolean | undefined;
  /** Its bytes are wanted, not a URL of them. */
  isPainted?: boolean | undefined;
}

/** One record as a component shows it. Making one has no effects: frameworks throw components away without a word. */
export interface ImageView {
  /** Loads the picture until the last subscriber has left; what only they wait for is aborted then. */
  subscribe(this: void, listener: () => void): () => void;
  /** The same object until something changed. */
  getState(this: void): ImageState;
  /** Who shows it, and `keyOf` its request. */
  readonly frontend: ObservingFrontend;
  readonly key: string;
  /** Of its record. */
  readonly token: number | undefined;
  /** What has a picture: this view, or the one before it, while this one loads. */
  showing(imageId: string | undefined): ImageView | null | undefined;
}

/** The same for what may stay as it is. A fresh proof is another: with it what loads or failed has better prospects. */
export const keyOf = ({ record, chosen, enabled }: ImageRequest): string =>
  `${[enabled, chosen?.id, record?.id, record?.token, record?.statelessProof]}`;

/** How a picture stands that nobody asked for, and every picture while a server draws the page. */
export const nothingYet: ImageState = {
  status: 'loading',
  retry() {},
};

/**
 * @param former - what was shown in the same place until now: of the same image, its picture stays until there is
 * another, without a flash; of the same version it stays also where a larger one does not come
 */
export function createImageView(frontend: ObservingFrontend, request: ImageRequest, former?: ImageView): ImageView {
  const { record, chosen, enabled, isPainted } = request;
  const wanted = enabled === false ? undefined : (chosen ?? record);
  let before = wanted && former?.showing(record?.id);
  let observer: ImageObserver<ImageSnapshot | BytesSnapshot> | undefined;
  let seen: ImageSnapshot | BytesSnapshot | undefined;
  let state = nothingYet;

  function observe(wanted: ImageRecord): ImageObserver<ImageSnapshot | BytesSnapshot> {
    observer ??= frontend[isPainted ? 'observeBytes' : 'observe'](wanted, request.context as never, {
      priority: request.priority,
    });
    return observer;
  }

  const retry = () => observer?.retry();

  function getState(): ImageState {
    if (!wanted) return nothingYet;
    const snapshot = observe(wanted).getSnapshot();
    const { status, error, source } = snapshot;
    const former = status === 'loaded' ? undefined : before?.getState();
    // A larger picture of the same version that does not come is no failure of what is seen.
    if (error && former && !former.error && before?.token === view.token) return former;
    const kept = error ? undefined : former;
    const { url: src = kept?.src, picture = kept?.picture } = snapshot;
    if (snapshot !== seen || src !== state.src || picture !== state.picture) {
      seen = snapshot;
      state = { src, picture, status, error, source, retry };
    }
    return state;
  }

  const view: ImageView = {
    frontend,
    key: keyOf(request),
    token: record?.token,

    subscribe(listener) {
      if (!wanted) return () => {};
      let leaveBefore = before?.subscribe(listener);
      const leave = observe(wanted).subscribe(() => {
        listener();
        settle();
      });
      settle();
      return () => {
        leave();
        leaveBefore?.();
      };

      /** What was there before goes when there is something in its place, or there will be nothing. */
      function settle(): void {
        if (!getState().error && observer?.getSnapshot().status !== 'loaded') return;
        leaveBefore?.();
        leaveBefore = undefined;
        before = undefined;
      }
    },

    getState,

    showing(id) {
      if (!wanted || id !== record?.id) return undefined;
      return observe(wanted).getSnapshot().status === 'loaded' ? view : before;
    },
  };
  return view;
}
