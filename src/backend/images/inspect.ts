import { imageSize } from 'image-size';
import type { IImage } from 'image-size/types/interface';
import { JPG } from 'image-size/types/jpg';
import { PNG } from 'image-size/types/png';
import { WEBP } from 'image-size/types/webp';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageFormat } from '../../types/index.js';

interface KnownImage {
  /** What the format byte will say: the first of these that is accepted. */
  formats: readonly ImageFormat[];
  /** Bytes every file of this kind starts with; a null stands for any byte. */
  signature: readonly (number | null)[];
  /** A shorter file cannot hold the picture's size. */
  headerLength: number;
  parser: IImage;
}

const text = (value: string) => [...value].map((letter) => letter.charCodeAt(0));

const knownImages: readonly KnownImage[] = [
  { formats: ['png'], signature: [0x89, ...text('PNG\r\n\x1a\n')], headerLength: 33, parser: PNG },
  { formats: ['jpg', 'jpeg'], signature: [0xff, 0xd8, 0xff], headerLength: 20, parser: JPG },
  {
    formats: ['webp'],
    signature: [...text('RIFF'), null, null, null, null, ...text('WEBP')],
    headerLength: 30,
    parser: WEBP,
  },
];

// Enough for any format's signature. Parsers of formats we do not keep get to see no more than this.
const glance = 4096;

// Other formats have signatures so short that any bytes may pass for them.
const unmistakable = new Set(['avif', 'bmp', 'gif', 'heic', 'heif', 'jp2', 'jxl', 'psd', 'svg', 'tiff']);

/**
 * Finds the format of an image from its bytes, never from a name.
 *
 * @throws PixstoreError `IMAGE_EMPTY`, `IMAGE_TRUNCATED`, `IMAGE_NOT_RECOGNIZED` or `IMAGE_FORMAT_REFUSED`
 */
export function inspectImage(bytes: Uint8Array, accepted: readonly ImageFormat[]): ImageFormat {
  if (bytes.length === 0) throw new PixstoreError('IMAGE_EMPTY', 'The image has 0 bytes. Check how it was read.');
  const known = knownImages.find(({ signature }) => startsLike(bytes, signature));
  if (!known) throw notKept(bytes, accepted);
  if (bytes.length < known.headerLength || !hasSize(bytes, known.parser)) {
    throw new PixstoreError(
      'IMAGE_TRUNCATED',
      `The ${bytes.length} bytes begin like ${known.formats[0]}, but the header is cut off or broken. Check that the upload was complete.`,
    );
  }
  const format = known.formats.find((name) => accepted.includes(name));
  if (!format) throw refused(known.formats[0] as string, accepted);
  return format;
}

/** Compares as many bytes as there are, so that a signature cut off is still told from something else. */
function startsLike(bytes: Uint8Array, signature: KnownImage['signature']): boolean {
  return signature.every((byte, index) => byte === null || index >= bytes.length || bytes[index] === byte);
}

function hasSize(bytes: Uint8Array, parser: IImage): boolean {
  try {
    // A Buffer, because parsers slice: slices of a Buffer are views, those of a plain array are copies.
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!parser.validate(view)) return false;
    const { width, height } = parser.calculate(view);
    return width > 0 && height > 0;
  } catch {
    return false;
  }
}

function notKept(bytes: Uint8Array, accepted: readonly ImageFormat[]): PixstoreError {
  try {
    const { type } = imageSize(bytes.slice(0, glance));
    if (type && unmistakable.has(type)) return refused(type, accepted);
  } catch {
    // Not an image that anybody knows.
  }
  return new PixstoreError('IMAGE_NOT_RECOGNIZED', 'The bytes are not an image. Check what was uploaded.');
}

function refused(format: string, accepted: readonly ImageFormat[]): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    `The image is ${format}; imageFormats accepts ${accepted.join(', ')}. Convert it first, or accept it.`,
  );
}
