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
  const needed = cssWidth * devicePixelRatio;
  const [smallest] = Object.values(record.variants ?? {})
    .filter((variant) => (variant.width ?? 0) >= needed && hasShapeOf(record, variant))
    .sort((one, other) => (one.width ?? 0) - (other.width ?? 0));
  return smallest ?? record;
}

/** Is a variant the whole picture, but for what was rounded? Where sizes are not known, it may be. */
function hasShapeOf(picture: ImageRecord, variant: ImageRecord): boolean {
  if (!picture.width || !picture.height || !variant.width || !variant.height) return true;
  const height = (picture.height * variant.width) / picture.width;
  const width = (picture.width * variant.height) / picture.height;
  return Math.abs(height - variant.height) <= 1 || Math.abs(width - variant.width) <= 1;
}
