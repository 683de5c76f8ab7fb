import type { ImageFormat } from '../../types/index.js';

/** An image file, and what it holds. */
export interface Picture {
  /** The file. Not to be changed. */
  bytes: Uint8Array;
  format: ImageFormat;
  /** In pixels, as browsers show it: turned by EXIF where they do that. */
  width: number;
  height: number;
}

/** A smaller picture of an image, or one in another format. */
export interface MadeVariant extends Picture {
  /** `[a-z0-9_-]{1,64}`: what stands after the dot in ids. */
  name: string;
}

/** What was made of a picture. */
export interface Processed {
  variants: readonly MadeVariant[];
  /** A ThumbHash; undefined when none was asked for. */
  placeholder?: Uint8Array | undefined;
}

/** What is to be made of a picture. */
export interface Wanted {
  /** The folder of the image, `''` for none. */
  dir: string;
  /** Names of variants, each of those that `definitions` names. */
  variants: readonly string[];
  placeholder: boolean;
}

/**
 * What makes variants and placeholders, and pictures of formats that browsers do not show into ones that they do.
 * `sharpProcessing` of `pixstore/processing` is one. It does its work off the thread that calls it, and as much at once as
 * memory allows; who calls it waits.
 */
export interface ImageProcessing {
  /**
   * The variants that images of a folder have: by name a word, of at most 64 letters and digits, that is another one when
   * the variant would be made in another way. By it old images are found whose variants are to be made anew.
   */
  definitions(dir: string): ReadonlyMap<string, string>;
  /** Do images get a placeholder? */
  readonly placeholders: boolean;
  /** Formats that are made into another one when they are saved: `heic`, `tiff`, `bmp`. Null: it does not do that. */
  convert(bytes: Uint8Array, format: string): Promise<Uint8Array> | null;
  /**
   * Makes what is wanted of a picture, without metadata; none is larger than the picture. Decodes it whole when it is to
   * be verified, also when nothing is wanted.
   *
   * @throws PixstoreError when the picture does not decode, has too many pixels for that, or takes too long. What else it
   * throws, callers see as the `cause` of `PROCESSING_FAILED`
   */
  process(picture: Picture, wanted: Wanted): Promise<Processed>;
}
