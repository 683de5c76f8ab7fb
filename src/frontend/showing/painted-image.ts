import { paintInTurn } from '../painting/paint-queue.js';
import { createSurface, type Scene } from '../painting/surface.js';
import { roomOf } from './room.js';
import { createShownImage, type ShownParts } from './shown-image.js';

/** Where pictures are painted. */
export interface PaintedParts extends ShownParts {
  /** Of the host. */
  root: ShadowRoot;
}

export type PaintedImage = ReturnType<typeof createPaintedImage>;

// Room for the picture, in the size of the element. Any rule of the page is stronger.
const css =
  ':host{display:inline-block;width:max-content;position:relative;overflow:hidden}' +
  ':host([hidden]),[hidden]{display:none}' +
  'img{display:block;height:auto;min-width:100%;max-width:100%;min-height:100%;max-height:100%;object-fit:inherit}' +
  // Chromium draws a frame where a picture is awaited.
  'img[alt=""]:not([src]){content:linear-gradient(#0000 0 0)}' +
  // Within the padding of the host, as the image is.
  'canvas{position:absolute;inset:0;width:100%;height:100%;box-sizing:border-box;padding:inherit;object-fit:inherit}';

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
export function createPaintedImage(parts: PaintedParts) {
  const { host, root } = parts;
  const surface = createSurface(root, (event) => void host.dispatchEvent(new Event(event)));
  const { image } = surface;
  let scene: Scene | undefined;
  let meanwhile: HTMLCanvasElement | undefined;
  // Of what is seen meanwhile: it is drawn, or waits for its turn, which this gives up.
  let leaveTurn: (() => void) | undefined;

  function forgetMeanwhile(): void {
    leaveTurn?.();
    leaveTurn = meanwhile = undefined;
  }

  return createShownImage(parts, {
    isPainted: true,

    prepare(request) {
      const { width, height } = roomOf(request);
      if (width) image.width = width;
      else image.removeAttribute('width');
      image.style.aspectRatio = width && height ? `${width} / ${height}` : '';
      image.style.objectFit = request.fit ?? '';
      surface.fitCanvas();
    },

    paint({ record, alt = '', as, placeholder }, { picture, error }, place, chosen) {
      const box = place?.isFar ? undefined : place;
      const { width, height } = chosen ?? {};
      const text = error ? alt : '';
      if (image.alt !== text) image.alt = text;
      const isAwaited = typeof placeholder === 'function' && record && box && !picture && !error;
      if (!isAwaited || record.id !== scene?.id) forgetMeanwhile();
      scene = {
        picture,
        id: record?.id,
        size: width && height ? { width, height } : undefined,
        box: as ? undefined : box,
      };
      surface.show(scene, meanwhile);
      if (!isAwaited) return;
      // Only of what is near, and once.
      leaveTurn ??= paintInTurn(() => {
        meanwhile = placeholder(record);
        if (scene) surface.show(scene, meanwhile);
        return undefined;
      });
    },
  });
}
