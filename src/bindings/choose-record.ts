import type { ImageRecord } from '../frontend/index.js';

/** A size in CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

/**
 * The record of the smallest picture that fills an element: a variant with the proportions of the original, or the
 * original. A variant that shows a part of the picture is not what was asked for.
 *
 * @param sizes - how wide the element will be, in CSS pixels, whatever it is now
 */
export function chooseRecord(record: ImageRecord, element: Size, sizes?: number): ImageRecord {
  const { width = 0, height = 0, variants = {} } = record;
  const needed = devicePixelRatio * (sizes ?? Math.max(element.width, (element.height * width) / height));
  let chosen = record;
  for (const variant of Object.values(variants)) {
    const { width: w = 0, height: h = 0 } = variant;
    // Sides are whole pixels: they may be rounded.
    const hasShape = Math.abs(w * height - h * width) <= width + height;
    if (hasShape && w >= needed && w < (chosen.width ?? 0)) chosen = variant;
  }
  return chosen;
}
