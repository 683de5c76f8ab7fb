import { type ImageState, nothingYet } from './image-view.js';
import type { PaintedParts, PaintedRequest } from './painted-image.js';
import { createShownImage } from './shown-image.js';

/** What `createPlainImage` goes by. */
export interface PlainParts extends Omit<PaintedParts, 'host' | 'root'> {
  image: HTMLImageElement;
}

/** Has an `<img>` of the page show a picture by its `src`, a Blob URL. */
export function createPlainImage({ frontend, image, onState }: PlainParts) {
  const shown = createShownImage(frontend, image, draw);
  let placeholder: PaintedRequest['placeholder'];
  let state = nothingYet;

  function draw(next: ImageState): void {
    const { src, status, error } = next;
    const isNews = error !== state.error;
    state = next;
    image.dataset.status = status;
    if (!src) image.removeAttribute('src');
    else if (image.src !== src) image.src = src;
    if (typeof placeholder === 'string') {
      image.style.background = src || error ? '' : `url("${placeholder}") center / cover`;
    }
    onState?.(state);
    if (error && isNews) image.dispatchEvent(new Event('error'));
  }

  return {
    /** Shows this from now on. */
    update(next: PaintedRequest): void {
      const { record, alt, fit, width, height } = next;
      placeholder = next.placeholder;
      if (alt !== undefined) image.alt = alt;
      if (fit !== undefined) image.style.objectFit = fit;
      if (width) image.width = width;
      if (height) image.height = height;
      if (record?.width && record.height && !image.hasAttribute('width') && !image.hasAttribute('height')) {
        image.width = record.width;
        image.height = record.height;
      }
      image.dataset.status ??= 'loading'; // before it is measured: room is kept for what has a status
      shown.update(next);
    },

    getState: () => state,

    /** The element leaves the page: nothing is held any more. `update` begins anew. */
    leave: shown.leave,
  };
}
