import { thumbHashToRGBA } from 'thumbhash';
import type { ImageRecord } from '../../types/index.js';
import { hashOf } from '../loading/placeholder-url.js';

/**
 * A canvas with a blurred picture of at most 32 x 32 pixels; undefined when the record carries no placeholder. No content
 * security policy forbids it, as one may a `data:` URL.
 *
 * @param record - one that was made with `{ placeholder: true }`
 *
 * @example
 * paintImage(tile, record, { alt: 'A cat', placeholder: drawPlaceholder });
 */
export function drawPlaceholder(record: ImageRecord): HTMLCanvasElement | undefined {
  const hash = hashOf(record);
  if (!hash) return undefined;
  const { w, h, rgba } = thumbHashToRGBA(hash);
  const canvas = document.createElement('canvas');
  canvas.width = w;
  canvas.height = h;
  canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
  return canvas;
}
