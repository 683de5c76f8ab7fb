import { roomOf } from './room.js';
import { createShownImage, type ShownParts } from './shown-image.js';

// Whose sides are given here: those of others are the application's.
const ours = new WeakSet<HTMLImageElement>();

/** Has an `<img>` of the page show a picture by its `src`, a Blob URL. */
export function createPlainImage(parts: ShownParts<HTMLImageElement>) {
  const { host: image } = parts;
  if (!image.matches('[width],[height]')) ours.add(image);

  return createShownImage(parts, {
    prepare(request) {
      const { alt, fit, width, height } = request;
      if (alt !== undefined) image.alt = alt;
      if (fit !== undefined) image.style.objectFit = fit;
      if (!width && !height && !ours.has(image)) return;
      const room = roomOf(request);
      for (const side of ['width', 'height'] as const) {
        const pixels = room[side];
        if (pixels) image[side] = Math.round(pixels);
        else image.removeAttribute(side);
      }
    },

    paint(_, { src }) {
      if (!src) image.removeAttribute('src');
      else if (image.src !== src) image.src = src;
    },
  });
}
