import type { ImageRecord } from '../../types/index.js';
import { type Place, watchPlace } from '../painting/near-viewport.js';
import { chooseRecord } from './choose-record.js';
import {
  createImageView,
  type ImageRequest,
  type ImageState,
  type ImageView,
  keyOf,
  nothingYet,
  type ObservingFrontend,
} from './image-view.js';

/** What an element shows, and how it goes about it. */
export interface ShownRequest extends Pick<ImageRequest, 'context' | 'priority'> {
  record: ImageRecord | null | undefined;
  /** How wide the picture will be shown, in CSS pixels, where variants are to choose from. Default: it is measured. */
  sizes?: number | undefined;
  /** `eager`: wherever the element is. Default: when it comes near the viewport. */
  loading?: 'eager' | 'lazy' | undefined;
  /** What the picture shows, in words; it is seen where the picture could not be loaded. */
  alt?: string | undefined;
  /** `object-fit`. Default: what style sheets say. */
  fit?: string | undefined;
  /**
   * CSS pixels, like the attributes of an `<img>`: any style sheet is stronger. Default: what keeps the picture's
   * proportions, or the pixels of the record.
   */
  width?: number | undefined;
  height?: number | undefined;
  /** Always an `<img>`, whatever is faster, so that users can save the whole picture. */
  as?: 'img' | undefined;
  /** What is shown until the picture is there: the URL of an image, or what draws it, such as `drawPlaceholder`. */
  placeholder?: string | ((record: ImageRecord) => HTMLCanvasElement | undefined) | undefined;
}

/** Who shows a picture, and where. */
export interface ShownParts<Host extends HTMLElement = HTMLElement> {
  frontend: ObservingFrontend;
  /** Whose size counts, and who has the events `load` and `error`. */
  host: Host;
  /** Told of every state, the first one within `update`. */
  onState?: ((state: ImageState) => void) | undefined;
}

/** How a picture gets into an element. */
export interface Painter {
  /** Of its bytes, not by a URL. */
  isPainted?: boolean;
  /** Keeps room for what is asked for from now on. */
  prepare(request: ShownRequest): void;
  /**
   * Shows how the picture stands; also called where nothing has changed.
   *
   * @param place - undefined until it is near
   * @param chosen - the record, or that of one of its variants
   */
  paint(request: ShownRequest, state: ImageState, place?: Place, chosen?: ImageRecord | null): void;
}

const nothingAsked: ShownRequest = { record: undefined };

/** Shows a picture in an element of the page, for frameworks that hand out elements. */
export function createShownImage({ frontend, host, onState }: ShownParts, { isPainted, prepare, paint }: Painter) {
  let request = nothingAsked;
  let place: Place | undefined;
  let chosen: ImageRecord | null | undefined;
  let view: ImageView | undefined;
  let leaveView: (() => void) | undefined;
  let leavePlace: (() => void) | undefined;
  // None was told yet.
  let state: ImageState | undefined;
  // By a placeholder: any other background is the application's.
  let hasBackground = false;

  function refresh(): void {
    const { record, sizes } = request;
    chosen = record && place && chooseRecord(record, place, sizes);
    const wanted = { ...request, isPainted, chosen, enabled: !!place };
    if (view?.key !== keyOf(wanted)) {
      const next = createImageView(frontend, wanted, view);
      // Throws where the page has no frontend yet: then it is begun anew by the next update.
      const leave = next.subscribe(() => draw(next.getState()));
      leaveView?.();
      leaveView = leave;
      view = next;
    }
    draw(view.getState());
  }

  function draw(next: ImageState): void {
    const isNews = next !== state;
    const { src, picture, status, error } = next;
    const { placeholder } = request;
    const isUrl = typeof placeholder === 'string';
    state = next;
    // What stays as it is is not written: elements are measured in between, and each would have its style computed anew.
    if (host.dataset.status !== status) host.dataset.status = status;
    if (isUrl || hasBackground) {
      host.style.background = isUrl && !(src || picture || error) ? `url("${placeholder}") center / cover` : '';
    }
    hasBackground = isUrl;
    paint(request, state, place, chosen);
    if (!isNews) return;
    onState?.(state);
    if (error) host.dispatchEvent(new Event('error'));
  }

  return {
    /** Shows this from now on. */
    update(next: ShownRequest): void {
      const isWatched = leavePlace && request.loading === next.loading;
      request = next;
      prepare(request);
      if (!isWatched) {
        leavePlace?.();
        leavePlace = watchPlace(host, request.loading === 'eager', (now) => {
          place = now;
          refresh();
        });
      }
      refresh();
    },

    /** Begins anew after an error; otherwise it does nothing. */
    retry: () => state?.retry(),

    /** The element leaves the page: nothing is shown and held any more. `update` begins anew. */
    leave(): void {
      leavePlace?.();
      leaveView?.();
      leavePlace = leaveView = view = place = chosen = undefined;
      request = nothingAsked;
      draw(nothingYet);
    },
  };
}
