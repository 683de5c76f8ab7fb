import { type EncodedPicture, isStill, type Size } from './picture.js';

/**
 * How a picture gets on the screen: `image` is an `<img>`, `canvas` a canvas that it is decoded into at the size it is
 * shown. Which one, by engine and size, is decided by figures: docs/decisions/0032-painting.md.
 */
export type Path = 'image' | 'canvas';

/** Up to so many bytes, `data:` in an `<img>` is the fastest path of every engine. */
export const inlineBytes = 8 * 1024;

// Of a picture that is hardly larger than it is shown, decoding it smaller saves nothing. By side.
const enough = 0.7;
// Engines that cannot decode a picture smaller hold all of its pixels while they do.
const mostPixels = 50e6;

/** What is known of a picture that is to be drawn. */
export interface Drawing {
  picture: EncodedPicture;
  /** Its pixels, upright. */
  size?: Size | undefined;
  /**
   * How many of them are seen; undefined where it is far from the viewport, so that it need not be decoded: browsers put
   * that off by themselves for an `<img>`.
   */
  shown?: Size | undefined;
}

export function choosePath({ picture, size, shown }: Drawing, vendor = navigator.vendor): Path {
  const isWorthIt =
    // Of Firefox `<img>` is the fastest path, whatever the size, and its vendor is nobody.
    vendor !== '' &&
    shown &&
    size &&
    picture.bytes.length > inlineBytes &&
    shown.width < size.width * enough &&
    size.width * size.height < mostPixels &&
    isStill(picture);
  return isWorthIt ? 'canvas' : 'image';
}

/**
 * How many pixels a picture fills, in proportion, in an element.
 *
 * @param box - in CSS pixels
 * @param fit - `object-fit`
 */
export function pixelsOf(picture: Size, box: Size, fit: string, ratio = devicePixelRatio): Size {
  const [across, down] = [box.width / picture.width, box.height / picture.height];
  const isWhole = fit === 'contain' || fit === 'scale-down';
  const scale = fit === 'none' ? 1 : Math.min(1, ratio * (isWhole ? Math.min(across, down) : Math.max(across, down)));
  const toPixels = (side: number) => Math.max(1, Math.round(side * scale));
  return { width: toPixels(picture.width), height: toPixels(picture.height) };
}
