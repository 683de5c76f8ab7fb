import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageFormat } from '../../types/index.js';
import type { ImageSize } from './headers/bytes.js';
import { jpegLack, jpegSize } from './headers/jpeg.js';
import { nameOfOther } from './headers/others.js';
import { pngLack, pngSize } from './headers/png.js';
import { webpLack, webpSize } from './headers/webp.js';

/** What the bytes of an image say about it. */
export interface InspectedImage extends ImageSize {
  format: ImageFormat;
}

interface KnownImage {
  /** What the format byte will say: the first of these that is accepted. */
  formats: readonly ImageFormat[];
  /** Bytes every file of this kind starts with; a null stands for any byte. */
  signature: readonly (number | null)[];
  /** Null when the header is cut off or broken. */
  readSize(bytes: Uint8Array): ImageSize | null;
  /** What plainly tells that the file ends too early, as part of a sentence; null when nothing does. */
  findLack(bytes: Uint8Array): string | null;
}

const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));

const knownImages: readonly KnownImage[] = [
  { formats: ['png'], signature: [0x89, ...text('PNG\r\n\x1a\n')], readSize: pngSize, findLack: pngLack },
  { formats: ['jpg', 'jpeg'], signature: [0xff, 0xd8, 0xff], readSize: jpegSize, findLack: jpegLack },
  {
    formats: ['webp'],
    signature: [...text('RIFF'), null, null, null, null, ...text('WEBP')],
    readSize: webpSize,
    findLack: webpLack,
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
 * @throws PixstoreError `IMAGE_EMPTY`, `IMAGE_TRUNCATED`, `IMAGE_NOT_RECOGNIZED` or `IMAGE_FORMAT_REFUSED`
 */
export function inspectImage(bytes: Uint8Array, accepted: readonly ImageFormat[]): InspectedImage {
  if (bytes.length === 0) throw new PixstoreError('IMAGE_EMPTY', 'The image has 0 bytes. Check how it was read.');
  const known = knownImages.find(({ signature }) => startsLike(bytes, signature));
  if (!known) throw notKept(bytes, accepted);
  const format = known.formats.find((name) => accepted.includes(name));
  if (!format) throw notAccepted(known.formats[0] as ImageFormat, accepted);
  const size = known.readSize(bytes);
  if (!size) throw truncated(bytes, format, 'its header is cut off or broken');
  if (size.width === 0 || size.height === 0) throw truncated(bytes, format, 'its header names no width or no height');
  const lack = known.findLack(bytes);
  if (lack) throw truncated(bytes, format, lack);
  return { format, width: size.width, height: size.height };
}

/** Compares as many bytes as there are, so that a signature cut off is still told from something else. */
function startsLike(bytes: Uint8Array, signature: KnownImage['signature']): boolean {
  return signature.every((byte, index) => byte === null || index >= bytes.length || bytes[index] === byte);
}

function truncated(bytes: Uint8Array, format: ImageFormat, problem: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_TRUNCATED',
    `The ${bytes.length} bytes begin like ${format}, but ${problem}. Check that the upload was complete; if it was, save the image anew with another program.`,
  );
}

function notKept(bytes: Uint8Array, accepted: readonly ImageFormat[]): PixstoreError {
  const other = nameOfOther(bytes);
  if (other) return refused(other, accepted, 'Convert it to one of these first.');
  return new PixstoreError(
    'IMAGE_NOT_RECOGNIZED',
    'The bytes are not an image. Check what was uploaded, and that it is not still wrapped in a form or in base64.',
  );
}

function notAccepted(format: ImageFormat, accepted: readonly ImageFormat[]): PixstoreError {
  return refused(format, accepted, `Convert it first, or add ${format} to imageFormats.`);
}

function refused(format: string, accepted: readonly ImageFormat[], advice: string): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    `The file is ${format}; imageFormats accepts ${accepted.join(', ')}. ${advice}`,
  );
}
