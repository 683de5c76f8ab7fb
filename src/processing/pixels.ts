import type Sharp from 'sharp';
import type { Metadata, OutputInfo, SharpOptions, Sharp as Work } from 'sharp';
import type { Picture } from '../backend/images/processing-port.js';
import { broken, decodingFailed } from './failures.js';
import type { Plan, Size } from './plan.js';
import type { Turn } from './turns.js';

/** Decoded pixels, upright, in sRGB, with 8 bits for each channel. */
export interface Pixels extends Size {
  data: Buffer;
  channels: 3 | 4;
  /** By how much they are smaller than the picture. */
  scale: number;
}

/** How sharp reads one file. */
export interface Source {
  bytes: Uint8Array;
  options: SharpOptions;
}

/** What sharp calls the formats whose names differ. */
const sharpNames: Readonly<Record<string, string>> = { jpg: 'jpeg', avif: 'heif' };

/**
 * Reads what the header says, which takes no pixels.
 *
 * @throws PixstoreError `IMAGE_BROKEN` when it is none of that format, or `IMAGE_TOO_LARGE_TO_DECODE`
 */
export async function readHeader(sharp: typeof Sharp, { bytes, options }: Source, format: string): Promise<Metadata> {
  let header: Metadata;
  try {
    header = await sharp(bytes, options).metadata();
  } catch (cause) {
    throw decodingFailed(cause);
  }
  // Other decoders are not for what strangers send.
  if (header.format !== (sharpNames[format] ?? format)) throw broken(`its decoder finds something else than ${format}`);
  return header;
}

/**
 * Is the picture turned by its EXIF? Browsers turn no WebP, and sharp reads EXIF in places where browsers do not: the
 * size that the picture has in browsers decides.
 *
 * @throws PixstoreError `IMAGE_BROKEN` when it has this size neither way
 */
export function isTurned({ format, width, height }: Picture, header: Metadata): boolean {
  const isLike = (size: Size) => size.width === width && size.height === height;
  if (format !== 'webp' && isLike(header.autoOrient)) return true;
  if (!isLike(header)) throw broken('its decoder finds another size');
  return false;
}

/**
 * Decodes a whole picture, at the size that is planned; JPEG and WebP are decoded at a smaller one at once. Sharp makes sRGB of
 * 8 bits of whatever it reads, unless told otherwise.
 */
export async function decode(sharp: typeof Sharp, source: Source, { whole, scale }: Plan, turn: Turn): Promise<Pixels> {
  const pixels = sharp(source.bytes, source.options).resize(whole.width, whole.height, { fit: 'fill' });
  const { data, info } = await inTime(pixels.raw(), turn);
  return { ...whole, scale, data, channels: info.channels as 3 | 4 };
}

/** Pixels as what sharp reads. */
export function sourceOf({ data, width, height, channels }: Pixels): Source {
  return { bytes: data, options: { raw: { width, height, channels } } };
}

/** @throws PixstoreError `IMAGE_BROKEN`, `IMAGE_TOO_LARGE_TO_DECODE` or `PROCESSING_TIMEOUT` */
export async function inTime(work: Work, turn: Turn): Promise<{ data: Buffer; info: OutputInfo }> {
  turn.signal.throwIfAborted();
  try {
    return await work.timeout({ seconds: Math.ceil(turn.timeLeft() / 1000) }).toBuffer({ resolveWithObject: true });
  } catch (cause) {
    throw decodingFailed(cause);
  }
}
