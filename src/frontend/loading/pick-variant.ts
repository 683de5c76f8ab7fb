import type { ImageRecord } from '../../types/index.js';

/**
 * The record to show in a place of a page: that of the smallest variant that fills the place, else the one of the image
 * itself. Variants that show a part of the picture only are left out, since their shape is another one; ask for those by
 * name.
 *
 * @param record - one that was made with `{ variants: true }`; any other is given back
 * @param cssWidth - how wide the place is, in CSS pixels
 * @param devicePixelRatio - pixels of the screen for each of them; that of the window unless told otherwise, or 1 where
 * there is none
 *
 * @example
 * const blob = await getImage(pickVariant(record, tile.clientWidth));
 */
export function pickVariant(
  record: ImageRecord,
  cssWidth: number,
  devicePixelRatio: number = globalThis.devicePixelRatio ?? 1,
): ImageRecord {
  const { width = 0, height = 0, variants = {} } = record;
  const needed = cssWidth * devicePixelRatio;
  let picked = record;
  let least = Infinity;
  for (const variant of Object.values(variants)) {
    const { width: w = 0, height: h = 0 } = variant;
    // Sides are whole pixels: they may be rounded.
    const hasShape = Math.abs(w * height - h * width) <= Math.max(width, height);
    if (hasShape && w >= needed && w < least) {
      picked = variant;
      least = w;
    }
  }
  return picked;
}
