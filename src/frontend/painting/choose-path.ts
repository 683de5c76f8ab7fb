import { type EncodedPicture, isStill, type Size } from './picture.js';

/**
 * How a picture gets on the screen: `image` is an `<img>`, `canvas` a canvas that it is decoded into at the size it is
 * shown. Which one, by engine and size, is decided by figures: docs/decisions/0032-painting.md.
 */
export type Path = 'image' | 'canvas';

// Up to so many bytes an `<img>` is the fastest path of every engine.
const small = 8192;
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

/** In Firefox, whose vendor is nobody, no picture is sooner on a canvas. */
export function choosePath(drawing: Drawing, vendor = navigator.vendor): Path {
  const { picture, size } = drawing;
  const mayGain =
    vendor && picture.bytes.length > small && size && size.width * size.height < mostPixels && isStill(picture);
  const shown = mayGain ? drawing.shown : undefined;
  return mayGain && shown && shown.width < size.width * enough ? 'canvas' : 'image';
}

/** Whether an `<img>` is to have it as a `data:` URL: other engines than Chromium are as quick with Blob URLs. */
export function isInline({ bytes }: EncodedPicture, vendor = navigator.vendor): boolean {
  return bytes.length <= small && vendor === 'Google Inc.';
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
