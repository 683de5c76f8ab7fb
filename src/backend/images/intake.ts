import { andThen, type MaybePromise } from '../../shared/maybe-promise.js';
import type { ImageFormat } from '../../types/index.js';
import { type InspectedImage, inspectImage, type PictureLimits } from './inspect.js';
import { type StripMetadata, stripImage } from './metadata/strip.js';

/** What is asked of a picture that is saved, and what becomes of it before it is encrypted. */
export interface IntakeOptions extends PictureLimits {
  imageFormats: readonly ImageFormat[];
  stripMetadata: StripMetadata;
}

/** A picture as it is kept. */
export interface AcceptedImage {
  info: InspectedImage;
  bytes: Uint8Array;
}

/**
 * Looks at a picture, refuses what is not wanted, and removes what the file tells besides the picture. Only what is saved
 * goes this way: what is restored, migrated or copied stays as it is. Without a promise where it takes little time.
 *
 * @throws PixstoreError what `inspectImage` and `stripImage` throw
 */
export function takeIn(source: Uint8Array, options: IntakeOptions): MaybePromise<AcceptedImage> {
  const info = inspectImage(source, options.imageFormats, options);
  return andThen(stripImage(source, info.format, options.stripMetadata), (bytes) => ({ info, bytes }));
}
