import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageFormat } from '../../types/index.js';
import type { ImageSize } from './headers/bytes.js';
import { jpegSize } from './headers/jpeg.js';
import { nameOfOther } from './headers/others.js';
import { pngSize } from './headers/png.js';
import { webpSize } from './headers/webp.js';

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
}

const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));

const knownImages: readonly KnownImage[] = [
  { formats: ['png'], signature: [0x89, ...text('PNG\r\n\x1a\n')], readSize: pngSize },
  { formats: ['jpg', 'jpeg'], signature: [0xff, 0xd8, 0xff], readSize: jpegSize },
  { formats: ['webp'], signature: [...text('RIFF'), null, null, null, null, ...text('WEBP')], readSize: webpSize },
];

/**
 * Finds the format of an image from its bytes, never from a name, and its size as browsers lay it out: `naturalWidth` and
 * `naturalHeight` of an `<img>`, so turned by EXIF where they do that. It takes less than a millisecond whatever the bytes
 * are: whoever may upload must not be able to stop the thread that serves everybody.
 *
 * @throws PixstoreError `IMAGE_EMPTY`, `IMAGE_TRUNCATED`, `IMAGE_NOT_RECOGNIZED` or `IMAGE_FORMAT_REFUSED`
 */
export function inspectImage(bytes: Uint8Array, accepted: readonly ImageFormat[]): InspectedImage {
  if (bytes.length === 0) throw new PixstoreError('IMAGE_EMPTY', 'The image has 0 bytes. Check how it was read.');
  const known = knownImages.find(({ signature }) => startsLike(bytes, signature));
  if (!known) throw notKept(bytes, accepted);
  const size = known.readSize(bytes);
  if (!size || size.width === 0 || size.height === 0) {
    throw new PixstoreError(
      'IMAGE_TRUNCATED',
      `The ${bytes.length} bytes begin like ${known.formats[0]}, but the header is cut off or broken. Check that the upload was complete.`,
    );
  }
  const format = known.formats.find((name) => accepted.includes(name));
  if (!format) throw refused(known.formats[0] as string, accepted);
  return { format, width: size.width, height: size.height };
}

/** Compares as many bytes as there are, so that a signature cut off is still told from something else. */
function startsLike(bytes: Uint8Array, signature: KnownImage['signature']): boolean {
  return signature.every((byte, index) => byte === null || index >= bytes.length || bytes[index] === byte);
}

function notKept(bytes: Uint8Array, accepted: readonly ImageFormat[]): PixstoreError {
  const other = nameOfOther(bytes);
  if (other) return refused(other, accepted);
  return new PixstoreError('IMAGE_NOT_RECOGNIZED', 'The bytes are not an image. Check what was uploaded.');
}

function refused(format: string, accepted: readonly ImageFormat[]): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    `The image is ${format}; imageFormats accepts ${accepted.join(', ')}. Convert it first, or accept it.`,
  );
}
