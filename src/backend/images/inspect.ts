import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageFormat } from '../../types/index.js';
import { avifFrames, avifLack, avifSize } from './headers/avif.js';
import type { ImageSize } from './headers/bytes.js';
import { gifFrames, gifLack, gifSize } from './headers/gif.js';
import { jpegLack, jpegSize } from './headers/jpeg.js';
import { nameOfMedia } from './headers/media.js';
import { nameOfOther } from './headers/others.js';
import { pngFrames, pngLack, pngSize } from './headers/png.js';
import { webpFrames, webpLack, webpSize } from './headers/webp.js';

/** What the bytes of an image say about it. */
export interface InspectedImage extends ImageSize {
  format: ImageFormat;
}

/** What a picture may be at most. */
export interface PictureLimits {
  /** Width times height. */
  maxPixels: number;
  /** Of an animation. */
  maxFrames: number;
}

interface KnownImage {
  /** What the format byte will say: the first of these that is accepted. */
  formats: readonly ImageFormat[];
  /** Does every file of this kind begin like that? */
  isLike(bytes: Uint8Array): boolean;
  /** Null when the header is cut off or broken. */
  readSize(bytes: Uint8Array): ImageSize | null;
  /** What plainly tells that the file ends too early, as part of a sentence; null when nothing does. */
  findLack(bytes: Uint8Array): string | null;
  /** Where it may be animated: how many frames it has, told exactly up to `most`. */
  countFrames?(bytes: Uint8Array, most: number): number;
}

// No browser shows a longer side; and whoever decodes such a line has to make room for it.
const longestSide = 1_000_000;

const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));

const knownImages: readonly KnownImage[] = [
  {
    formats: ['png'],
    isLike: startingWith([0x89, ...text('PNG\r\n\x1a\n')]),
    readSize: pngSize,
    findLack: pngLack,
    countFrames: pngFrames,
  },
  { formats: ['jpg', 'jpeg'], isLike: startingWith([0xff, 0xd8, 0xff]), readSize: jpegSize, findLack: jpegLack },
  {
    formats: ['webp'],
    isLike: startingWith([...text('RIFF'), null, null, null, null, ...text('WEBP')]),
    readSize: webpSize,
    findLack: webpLack,
    countFrames: webpFrames,
  },
  {
    formats: ['gif'],
    isLike: startingWith([...text('GIF8'), null, ...text('a')]),
    readSize: gifSize,
    findLack: gifLack,
    countFrames: gifFrames,
  },
  {
    formats: ['avif'],
    isLike: (bytes) => nameOfMedia(bytes) === 'avif',
    readSize: avifSize,
    findLack: avifLack,
    countFrames: avifFrames,
  },
];

/**
 * Finds the format of an image from its bytes, never from a name, and its size as browsers lay it out: `naturalWidth` and
 * `naturalHeight` of an `<img>`, so turned by EXIF where they do that. A file that plainly lacks its end is refused, though
 * browsers would show the half of it: whoever uploads may well remove the original then.
 *
 * Whatever the bytes are, it takes less than a millisecond, or a few for each 10 MB when the end is looked for: whoever may
 * upload must not be able to stop the thread that serves everybody.
 *
 * @throws PixstoreError `IMAGE_EMPTY`, `IMAGE_TRUNCATED`, `IMAGE_NOT_RECOGNIZED`, `IMAGE_FORMAT_REFUSED`,
 *   `IMAGE_TOO_MANY_PIXELS` or `IMAGE_TOO_MANY_FRAMES`
 */
export function inspectImage(
  bytes: Uint8Array,
  accepted: readonly ImageFormat[],
  limits: PictureLimits = { maxPixels: Infinity, maxFrames: Infinity },
): InspectedImage {
  if (bytes.length === 0) throw new PixstoreError('IMAGE_EMPTY', 'The image has 0 bytes. Check how it was read.');
  const known = knownImages.find(({ isLike }) => isLike(bytes));
  if (!known) throw notKept(bytes, accepted);
  const format = known.formats.find((name) => accepted.includes(name));
  if (!format) throw notAccepted(known.formats[0] as ImageFormat, accepted);
  const size = known.readSize(bytes);
  if (!size) throw truncated(bytes, format, 'its header is cut off or broken');
  if (size.width === 0 || size.height === 0) throw truncated(bytes, format, 'its header names no width or no height');
  const lack = known.findLack(bytes);
  if (lack) throw truncated(bytes, format, lack);
  requireFewPixels(size, limits);
  requireFewFramesIn(known, bytes, limits);
  return { format, width: size.width, height: size.height };
}

function requireFewPixels({ width, height }: ImageSize, { maxPixels }: PictureLimits): void {
  if (width * height <= maxPixels && Math.max(width, height) <= longestSide) return;
  throw new PixstoreError(
    'IMAGE_TOO_MANY_PIXELS',
    `The picture has ${width} x ${height} pixels; maxPixels allows ${maxPixels} in all, and no side may have more than ${longestSide}. Send a smaller one, or raise the limit.`,
  );
}

/**
 * Refuses to decode an animation that is too long: it may have been kept when more frames were allowed.
 *
 * @throws PixstoreError `IMAGE_TOO_MANY_FRAMES`
 */
export function requireFewFrames(bytes: Uint8Array, limits: PictureLimits): void {
  const known = knownImages.find(({ isLike }) => isLike(bytes));
  if (known) requireFewFramesIn(known, bytes, limits);
}

function requireFewFramesIn({ countFrames }: KnownImage, bytes: Uint8Array, { maxFrames }: PictureLimits): void {
  if (!countFrames || maxFrames === Infinity || countFrames(bytes, maxFrames) <= maxFrames) return;
  throw new PixstoreError(
    'IMAGE_TOO_MANY_FRAMES',
    `The animation has more frames than the ${maxFrames} that maxFrames allows. Send a shorter one, or raise the limit.`,
  );
}

/**
 * Compares as many bytes as there are, so that a signature cut off is still told from something else.
 *
 * @param signature - bytes; a null stands for any
 */
function startingWith(signature: readonly (number | null)[]): KnownImage['isLike'] {
  return (bytes) => signature.every((byte, at) => byte === null || at >= bytes.length || bytes[at] === byte);
}

function truncated(bytes: Uint8Array, format: ImageFormat, problem: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_TRUNCATED',
    `The ${bytes.length} bytes begin like ${format}, but ${problem}. Check that the upload was complete; if it was, save the image anew with another program.`,
  );
}

function notKept(bytes: Uint8Array, accepted: readonly ImageFormat[]): PixstoreError {
  const other = nameOfOther(bytes);
  if (other === 'svg') return refusedAlways();
  if (other) return refused(other, accepted, 'Convert it to one of these first.');
  return new PixstoreError(
    'IMAGE_NOT_RECOGNIZED',
    'The bytes are not an image. Check what was uploaded, and that it is not still wrapped in a form or in base64.',
  );
}

function refusedAlways(): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    'The file is svg, which is never kept: it is a document that can run scripts and load what it likes in the page that shows it. Draw it as a png first.',
  );
}

function notAccepted(format: ImageFormat, accepted: readonly ImageFormat[]): PixstoreError {
  return refused(format, accepted, `Convert it first, or add ${format} to imageFormats.`);
}

function refused(format: string, accepted: readonly ImageFormat[], advice: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    `The file is ${format}; accepted are ${accepted.join(', ')}. ${advice}`,
  );
}
