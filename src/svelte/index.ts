/** Private images in Svelte 4 and 5: an action. Importing it does nothing. */
import { drawPlaceholder, type ImageRecord, type PaintOptions, paintImage } from '../frontend/index.js';

export type { ImageState } from '../frontend/index.js';

/** What `use:pixstoreImage` takes. */
export interface PixstoreImageOptions extends PaintOptions {
  /** What the application's API gave; null or undefined while there is none. */
  record: ImageRecord | null | undefined;
}

/**
 * Has an element show a private picture: a `<span>` or `<div>` is painted by the fastest way of the browser, an `<img>` gets
 * its `src`. It loads when it comes near the viewport (`loading: 'eager'`: at once) and lets go of what is far away; room
 * for it is kept free by the record's width and height. A picture that could not be loaded has an `error` event, as one that
 * could not be decoded. `data-status` says how it stands.
 *
 * @throws PixstoreError as `paintImage` does
 *
 * @example
 * <span class="tile" use:pixstoreImage={{ record: photo.record, alt: photo.title }}></span>
 */
export function pixstoreImage(element: HTMLElement, options: PixstoreImageOptions) {
  let current = options;
  const paintOptions = (): PaintOptions => ({
    placeholder: drawPlaceholder,
    ...current,
    // That of the latest options, and read once.
    onState: (state) => current.onState?.(state),
  });
  const { update, stop } = paintImage(element, options.record, paintOptions());
  return {
    update(next: PixstoreImageOptions): void {
      current = next;
      update(next.record, paintOptions());
    },
    destroy: stop,
  };
}
