import { setImmediate as nextTurn } from 'node:timers/promises';
import { PixstoreError } from '../../../shared/errors/pixstore-error.js';
import type { MaybePromise } from '../../../shared/maybe-promise.js';
import type { ImageFormat } from '../../../types/index.js';
import { copyOf } from './assembly.js';
import { stripAvif } from './avif.js';
import { stripGif } from './gif.js';
import { stripJpeg } from './jpeg.js';
import { stripPng } from './png.js';
import { bytesInStep, inTurns, notStrippable, type Steps, type Stripped, type Stripping } from './stripping.js';
import { stripWebp } from './webp.js';

/**
 * What becomes of metadata at save: it is removed, and a picture of which that cannot be done with certainty is refused
 * (`true`) or kept as it is (`best-effort`); or all stays (`false`).
 */
export type StripMetadata = boolean | 'best-effort';

const strippers: Readonly<Record<ImageFormat, (source: Uint8Array) => Stripping>> = {
  png: stripPng,
  webp: stripWebp,
  jpg: stripJpeg,
  jpeg: stripJpeg,
  gif: stripGif,
  avif: stripAvif,
};

/**
 * Removes what a picture's file tells besides the picture: EXIF and the place in it, XMP, IPTC, comments, thumbnails,
 * further pictures and videos behind its end. Orientation, colour profile, animation and gain map stay; pixels are the
 * same to the bit. What is kept is listed, so what nobody has heard of goes, too.
 *
 * Without a promise where it takes one step, as it does for nearly all pictures of up to 1 MiB: their bytes are taken
 * then, and their owner may use the memory again.
 *
 * @returns the same bytes when there was nothing to remove
 * @throws PixstoreError `IMAGE_NOT_STRIPPABLE`
 */
export function stripImage(source: Uint8Array, format: ImageFormat, mode: StripMetadata): MaybePromise<Uint8Array> {
  if (mode === false) return source;
  const strip = mode === true ? stripSurely : stripIfSure;
  const steps = strip(source, format);
  const first = steps.next();
  if (first.done) return first.value;
  const rest = source.length > bytesInStep ? steps : strip(copyOf(source), format);
  return nextTurn().then(() => inTurns(rest));
}

function* stripSurely(source: Uint8Array, format: ImageFormat): Steps<Uint8Array> {
  const stripped = yield* strippers[format](source);
  if (yield* isSamePicture(source, stripped)) return stripped.bytes;
  throw notStrippable('the result would be another picture');
}

function* stripIfSure(source: Uint8Array, format: ImageFormat): Steps<Uint8Array> {
  try {
    return yield* stripSurely(source, format);
  } catch (error) {
    if (error instanceof PixstoreError) return source;
    throw error;
  }
}

/** Nobody may have changed the bytes meanwhile, and no mistake of a stripper may cost a picture. */
function* isSamePicture(source: Uint8Array, { bytes, picture }: Stripped): Steps<boolean> {
  const stepLength = 4 * bytesInStep;
  for (const { from, at, length } of picture) {
    for (let done = 0; done < length; done += stepLength) {
      if (done > 0) yield;
      const end = Math.min(done + stepLength, length);
      if (Buffer.compare(source.subarray(from + done, from + end), bytes.subarray(at + done, at + end))) return false;
    }
  }
  return true;
}
