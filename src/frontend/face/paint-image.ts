import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageRecord } from '../../types/index.js';
import type { FetchPriority } from '../network/demand.js';
import type { ImageState, ObservingFrontend } from '../showing/image-view.js';
import { adoptStyles, createPaintedImage } from '../showing/painted-image.js';
import { createPlainImage } from '../showing/plain-image.js';
import type { ShownRequest } from '../showing/shown-image.js';
import { observeImage, observeImageBytes } from './default-instance.js';

/** How `paintImage` goes about it. */
export interface PaintOptions extends Omit<ShownRequest, 'record'> {
  /** What the picture shows, in words; `''` where it only decorates. An `<img>` may have it by itself. */
  alt?: string | undefined;
  /** `eager`: wherever the element is. Default `lazy`: when it comes near the viewport. */
  loading?: 'eager' | 'lazy' | undefined;
  /** What goes first, as of `getImage`. */
  priority?: FetchPriority | undefined;
  /** What `createPixstoreFrontend` made. Default: the default frontend of the page. Read once. */
  frontend?: ObservingFrontend | undefined;
  /** Told how the picture stands, at first and after every change. Read once. */
  onState?: ((state: ImageState) => void) | undefined;
}

/** A picture that an element shows. */
export interface PaintedElement {
  /**
   * Shows this from now on. A newer version of the same image takes the place of the older without a gap.
   *
   * @param options - in place of all that were given before. Default: those
   */
  update(record: ImageRecord | null | undefined, options?: PaintOptions): void;
  /** Begins anew after an error; otherwise it does nothing. */
  retry(): void;
  /** Shows nothing any more, and gives back all it takes. Another call of `paintImage` may have the element then. */
  stop(): void;
}

/** Whichever is the default one when it is asked. */
const defaultFrontend: ObservingFrontend = { observe: observeImage, observeBytes: observeImageBytes };

// An element has one shadow root for good.
const roots = new WeakMap<HTMLElement, ShadowRoot>();

/**
 * Shows an image in an element, by the fastest way of the browser at hand, at the size it is shown: in a closed shadow
 * root, by an `<img>` or by a canvas. It loads and decodes near the viewport, decodes anew as the element grows, and gives
 * its pixels back far away. The element has role and name of a picture, unless it has its own, `load` and `error` events,
 * `object-fit`, and `data-status`: `loading`, `loaded` or `error`. Pages that do not import it load nothing of it.
 *
 * After a logout, in any tab, nothing is seen any more; of what is updated the new version is.
 *
 * @param element - a `<span>`, a `<div>` or what else may have a shadow root, and has none; an `<img>` stays one, and is
 * given a Blob URL as its `src`
 * @param record - null or undefined while there is none
 * @throws PixstoreError `CONFIG_INVALID` for another element. What goes wrong later is in `onState`; without a frontend
 * `FRONTEND_NOT_INITIALIZED` is an error of the page, when the element comes near
 *
 * @example
 * const painted = paintImage(tile, record, { alt: 'A cat', fit: 'cover' });
 * painted.stop(); // before the tile leaves the page
 */
export function paintImage(
  element: HTMLElement,
  record: ImageRecord | null | undefined,
  options: PaintOptions = {},
): PaintedElement {
  const { frontend = defaultFrontend, onState } = options;
  const isPlain = element instanceof HTMLImageElement;
  const parts = { frontend, host: element, onState };
  const shown = isPlain
    ? createPlainImage({ ...parts, host: element })
    : createPaintedImage({ ...parts, root: emptyRootOf(element) });

  let latest = options;
  // What the application gave the element by itself stays.
  const given = ['aria-label', 'role'].filter((name) => !isPlain && !element.hasAttribute(name));

  function update(next: ImageRecord | null | undefined, options: PaintOptions = latest): void {
    latest = options;
    for (const name of given) {
      const role = element.ariaLabel ? 'img' : 'presentation';
      element.setAttribute(name, name === 'role' ? role : (options.alt ?? ''));
    }
    shown.update({ ...options, record: next });
  }

  function stop(): void {
    for (const name of given) element.removeAttribute(name);
    shown.leave();
  }

  update(record, options);
  return { update, retry: shown.retry, stop };
}

function emptyRootOf(element: HTMLElement): ShadowRoot {
  try {
    const root = roots.get(element) ?? element.attachShadow({ mode: 'closed' });
    roots.set(element, root);
    root.replaceChildren();
    adoptStyles(root);
    return root;
  } catch (cause) {
    throw new PixstoreError('CONFIG_INVALID', 'Paint images in elements without a shadow root, such as a <span>.', {
      cause,
    });
  }
}
