import type Sharp from 'sharp';
import type { SharpOptions } from 'sharp';
import { bitmapSize } from './bitmap.js';
import { decodeOnThread, type ThreadFormat } from './decoder-thread.js';
import { encode, encodingMemory } from './encoders.js';
import { broken, tooManyPixels, tooMuchMemory } from './failures.js';
import { heicSize } from './heic-size.js';
import { decodingMemory } from './memory.js';
import type { ConversionOptions } from './options.js';
import { inTime, readHeader } from './pixels.js';
import type { Size } from './plan.js';
import { inspectTiff } from './tiff.js';
import type { Turn } from './turns.js';
import type { VariantFormat } from './variant-formats.js';

/** What is made here is the image from now on: it keeps more than a variant does. */
const quality = 90;

/** Bytes for each pixel while a thread decodes, and what is there besides, measured with 12 and 24 megapixels. */
const threadMemory = { heic: { perPixel: 11, always: 24e6 }, bmp: { perPixel: 4, always: 8e6 } };

export interface ConversionLimits {
  maxDecodePixels: number;
  memory: number;
  verify: boolean;
}

/** What becomes of a format; undefined: it is not converted. */
export function targetOf(convert: ConversionOptions, format: string): VariantFormat | undefined {
  const name = format === 'heif' ? 'heic' : format;
  return Object.hasOwn(convert, name) ? convert[name as keyof ConversionOptions] : undefined;
}

/**
 * Makes another format of a picture: upright, in sRGB, with 8 bits for each channel, without metadata; its first page.
 *
 * @throws PixstoreError `IMAGE_BROKEN`, `IMAGE_TOO_LARGE_TO_DECODE`, `IMAGE_FORMAT_REFUSED` or `PROCESSING_TIMEOUT`
 */
export async function convertPicture(
  sharp: typeof Sharp,
  { bytes, format, target }: { bytes: Uint8Array; format: string; target: VariantFormat },
  limits: ConversionLimits,
  turn: Turn,
): Promise<Uint8Array> {
  const { maxDecodePixels, memory } = limits;
  const options: SharpOptions = {
    sequentialRead: true,
    failOn: limits.verify ? 'warning' : 'none',
    limitInputPixels: maxDecodePixels,
    autoOrient: true,
  };
  const encodeTiff = async (tiff: Uint8Array) => {
    return (await inTime(encode(sharp(tiff, options), target, quality), turn)).data;
  };
  const requireMemory = (needed: number) => {
    if (needed > memory) throw tooMuchMemory();
    return needed;
  };

  if (format === 'tiff') {
    const rows = inspectTiff(bytes);
    const header = await readHeader(sharp, { bytes, options }, 'tiff');
    const needed = decodingMemory(header, rows) + encodingMemory(target, pixelsOf(header));
    return turn.withMemory(requireMemory(needed), () => encodeTiff(bytes));
  }
  const kind: ThreadFormat = format === 'bmp' ? 'bmp' : 'heic';
  const size = kind === 'bmp' ? bitmapSize(bytes) : heicSize(bytes);
  if (!size) throw broken('its header is broken');
  const pixels = pixelsOf(size);
  if (pixels > maxDecodePixels) throw tooManyPixels(size, maxDecodePixels);
  const { perPixel, always } = threadMemory[kind];
  // The thread is gone when the encoder begins; what it made is there.
  const needed = always + Math.max(perPixel * pixels, 4 * pixels + encodingMemory(target, pixels));
  return turn.withMemory(requireMemory(needed), async () =>
    encodeTiff(await decodeOnThread({ kind, bytes, mostPixels: pixels }, turn)),
  );
}

const pixelsOf = ({ width, height }: Size) => width * height;
