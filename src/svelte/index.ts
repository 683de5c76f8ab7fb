/** Private images in Svelte 4 and 5: an action. Importing it does nothing. */
import { defaultFrontend } from '../bindings/default-frontend.js';
import type { ImageState, ObservingFrontend } from '../bindings/image-view.js';
import { createShownImage, drawInto, type ShownRequest } from '../bindings/shown-image.js';

export type { ImageState } from '../bindings/image-view.js';

/** What `use:pixstoreImage` takes. */
export interface PixstoreImageOptions extends ShownRequest {
  /** What `createPixstoreFrontend` made. Default: the default frontend of the page. */
  frontend?: ObservingFrontend | undefined;
  /** Told how the picture stands, at first and after every change: for what is drawn around it, and for `retry`. */
  onState?: ((state: ImageState) => void) | undefined;
}

/**
 * Has an `<img>` show a private picture. It loads when it comes near the viewport (`loading: 'eager'`: at once) and lets
 * go of what is far away; room for it is kept free by the record's width and height. A picture that could not be loaded
 * has an `error` event, as one that could not be decoded. `data-status` says how it stands.
 *
 * @throws PixstoreError `FRONTEND_NOT_INITIALIZED` without a frontend and `initPixstoreFrontend`
 *
 * @example
 * <img use:pixstoreImage={{ record: photo.record }} alt={photo.title} />
 */
export function pixstoreImage(image: HTMLImageElement, options: PixstoreImageOptions) {
  let current = options;
  const shown = createShownImage(options.frontend ?? defaultFrontend, image, (state) => {
    drawInto(image, state);
    current.onState?.(state);
    if (state.error) image.dispatchEvent(new Event('error'));
  });

  function update(next: PixstoreImageOptions): void {
    current = next;
    const { width, height } = next.record ?? {};
    if (width && height && !image.hasAttribute('width') && !image.hasAttribute('height')) {
      image.width = width;
      image.height = height;
    }
    image.dataset.status ??= 'loading'; // before it is measured: room is kept for what has a status
    shown.update(next);
  }

  update(options);
  return { update, destroy: shown.leave };
}
