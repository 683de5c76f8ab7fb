import type { ShownRequest } from './shown-image.js';

/**
 * How much room a picture takes, in CSS pixels, as far as that is known: of a side that is not asked for, what keeps its
 * proportions.
 */
export function roomOf({ record, width, height }: ShownRequest): Pick<ShownRequest, 'width' | 'height'> {
  if (!record?.width || !record.height) return { width, height };
  const ratio = record.width / record.height;
  const across = width ?? (height ? height * ratio : record.width);
  return { width: across, height: height ?? across / ratio };
}
