import type { ImageRecord } from '../../types/index.js';
import type { Place } from '../painting/near-viewport.js';
import { paintInTurn } from '../painting/paint-queue.js';
import type { Size } from '../painting/picture.js';
import { createSurface } from '../painting/surface.js';
import { type ImageState, nothingYet, type ObservingFrontend } from './image-view.js';
import { createShownImage, type ShownRequest } from './shown-image.js';

/** What is painted, and how. */
export interface PaintedRequest extends Omit<ShownRequest, 'isPainted'> {
  /** What the picture shows, in words; it is seen where the picture could not be loaded. */
  alt?: string | undefined;
  /** `object-fit`. Default: what style sheets say. */
  fit?: string | undefined;
  /** CSS pixels, like the attributes of an `<img>`: any style sheet is stronger. Default: those of the record. */
  width?: number | undefined;
  height?: number | undefined;
  /** Always an `<img>`, whatever is faster, so that users can save the whole picture. */
  as?: 'img' | undefined;
  /** What is shown until the picture is there: the URL of an image, or what draws it, such as `drawPlaceholder`. */
  placeholder?: string | ((record: ImageRecord) => HTMLCanvasElement | undefined) | undefined;
}

/** Where pictures are painted. */
export interface PaintedParts {
  frontend: ObservingFrontend;
  /** Whose size counts, and who has the events `load` and `error`. */
  host: HTMLElement;
  /** Of the host. */
  root: ShadowRoot;
  /** Told of every state, the first one within `update`. */
  onState?: ((state: ImageState) => void) | undefined;
}

export type PaintedImage = ReturnType<typeof createPaintedImage>;

// Room for the picture, in the size of the element. Any rule of the page is stronger.
const css =
  ':host{display:inline-block;width:max-content;position:relative;overflow:hidden}' +
  ':host([hidden]),[hidden]{display:none}' +
  'img{display:block;height:auto;min-width:100%;max-width:100%;min-height:100%;max-height:100%;object-fit:inherit}' +
  // Chromium draws a frame where a picture is awaited.
  'img[alt=""]:not([src]){content:linear-gradient(#0000 0 0)}' +
  'canvas{position:absolute;inset:0;width:100%;height:100%;object-fit:inherit}';

// One for all elements of a document: sheets are of no use in another.
const sheets = new WeakMap<Document, CSSStyleSheet>();

/** Has a root look as it must in the document where it is. */
export function adoptStyles(root: ShadowRoot): void {
  const { ownerDocument: document } = root;
  let sheet = sheets.get(document);
  if (!sheet) {
    sheet = new (document.defaultView ?? window).CSSStyleSheet();
    sheet.replaceSync(css);
    sheets.set(document, sheet);
  }
  root.adoptedStyleSheets = [sheet];
}

/** Paints a picture in an element of the page: near the viewport, at the size it is shown. */
export function createPaintedImage({ frontend, host, root, onState }: PaintedParts) {
  const tell = (event: 'load' | 'error') => void host.dispatchEvent(new Event(event));
  const surface = createSurface(root, tell);
  const { image } = surface;
  const shown = createShownImage(frontend, host, draw, onPlace);
  let request: PaintedRequest = { record: undefined };
  // None was told yet.
  let state: ImageState | undefined;
  let box: Size | undefined;
  let size: Size | undefined;
  let meanwhile: HTMLCanvasElement | undefined;
  // Of what is seen meanwhile: it is drawn, or waits for its turn, which this gives up.
  let leaveTurn: (() => void) | undefined;

  function onPlace(place: Place, chosen: ImageRecord | null | undefined): void {
    box = place.isFar ? undefined : place;
    size = sizeOf(chosen);
  }

  function draw(next: ImageState): void {
    const isNews = next !== state;
    state = next;
    // What stays as it is is not written: elements are measured in between, and each would have its style computed anew.
    if (host.dataset.status !== state.status) host.dataset.status = state.status;
    paint();
    if (!isNews) return;
    onState?.(state);
    if (state.error) tell('error');
  }

  function paint(): void {
    const { record, alt = '', placeholder } = request;
    const { picture, error } = state ?? nothingYet;
    const text = error ? alt : '';
    if (image.alt !== text) image.alt = text;
    if (typeof placeholder === 'string') {
      host.style.background = picture || error ? '' : `url("${placeholder}") center / cover`;
    } else if (placeholder && record && box && !picture && !error) {
      // Only of what is near, and once.
      leaveTurn ??= paintInTurn(() => {
        meanwhile = placeholder(record);
        paint();
        return undefined;
      });
    } else forgetMeanwhile();
    surface.show({ picture, size, box: request.as ? undefined : box, meanwhile });
  }

  function forgetMeanwhile(): void {
    leaveTurn?.();
    leaveTurn = meanwhile = undefined;
  }

  function keepRoom(): void {
    const { record, width, height, fit = '' } = request;
    const own = sizeOf(record);
    const across = width ?? (own && height ? (height * own.width) / own.height : own?.width);
    const down = height ?? (own && across ? (across * own.height) / own.width : undefined);
    if (across) image.width = across;
    else image.removeAttribute('width');
    image.style.aspectRatio = across && down ? `${across} / ${down}` : '';
    image.style.objectFit = fit;
    surface.fitCanvas();
  }

  return {
    /** Paints this from now on. */
    update(next: PaintedRequest): void {
      if (next.record?.id !== request.record?.id) forgetMeanwhile();
      request = next;
      keepRoom();
      shown.update({ ...next, isPainted: true });
      paint();
    },

    getState: () => state ?? nothingYet,

    /** The element leaves the page: nothing is held any more. `update` begins anew. */
    leave(): void {
      shown.leave();
      box = undefined;
      draw(nothingYet);
    },
  };
}

function sizeOf(record: ImageRecord | null | undefined): Size | undefined {
  const { width, height } = record ?? {};
  return width && height ? { width, height } : undefined;
}
