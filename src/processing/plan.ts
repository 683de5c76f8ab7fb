import type { VariantDefinition } from './variant-definition.js';

/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

/** How large a picture is made, before and after what does not fit is cut off. */
export interface Plan extends Size {
  /** How large the whole picture is before that. */
  whole: Size;
  /** By how much it is made smaller: 1 for not at all. */
  scale: number;
}

/** The size of a variant of a picture, which is never enlarged: the box of a `cover` becomes smaller as it is. */
export function planVariant(picture: Size, { width, height, fit }: VariantDefinition): Plan {
  if (fit === 'cover' && width && height) {
    const shrink = Math.min(1, picture.width / width, picture.height / height);
    const box = scaled({ width, height }, shrink);
    const scale = Math.max(box.width / picture.width, box.height / picture.height);
    const least = scaled(picture, scale);
    const whole = { width: Math.max(least.width, box.width), height: Math.max(least.height, box.height) };
    return { ...box, whole, scale };
  }
  const scale = Math.min(1, width ? width / picture.width : 1, height ? height / picture.height : 1);
  const whole = scaled(picture, scale);
  return { ...whole, whole, scale };
}

/** The whole picture, no side longer than that. */
export function planInside(picture: Size, side: number): Plan {
  return planVariant(picture, { width: side, height: side });
}

function scaled({ width, height }: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
