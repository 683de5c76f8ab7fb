import type { ImageRecord } from '../../types/index.js';
import { pickVariant } from '../loading/pick-variant.js';
import type { Size } from '../painting/picture.js';

/**
 * The record of the smallest picture that fills an element: a variant with the proportions of the original, or the
 * original. A variant that shows a part of the picture is not what was asked for.
 *
 * @param element - its size in CSS pixels
 * @param sizes - how wide the element will be, in CSS pixels, whatever it is now
 */
export function chooseRecord(record: ImageRecord, element: Size, sizes?: number): ImageRecord {
  const { width = 0, height = 0 } = record;
  return pickVariant(record, sizes ?? Math.max(element.width, (element.height * width) / height));
}
