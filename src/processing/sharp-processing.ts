import type Sharp from 'sharp';
import type { SharpOptions } from 'sharp';
import type { ImageProcessing, Picture, Processed, Wanted } from '../backend/images/processing-port.js';
import { convertPicture, targetOf } from './convert.js';
import { encodingMemory } from './encoders.js';
import { tooManyPixels, tooMuchMemory } from './failures.js';
import { requireNothingBehind } from './file-end.js';
import { makePlaceholder, makeVariant, type PlannedVariant, placeholderSide } from './make.js';
import { decodingMemory, memoryOfAny } from './memory.js';
import { readProcessingOptions, type Settings, type SharpProcessingOptions } from './options.js';
import { loadSharp, requireHeicDecoder } from './peers.js';
import { decode, inTime, isTurned, readHeader, type Source } from './pixels.js';
import { planInside, planVariant } from './plan.js';
import { createTurns, type Turn } from './turns.js';

/** Bytes of memory for each pixel of `maxDecodePixels`, for all that is decoded at once: what progressive JPEG takes. */
const memoryPerPixel = 6;

/** An animation that is verified may have so many times the pixels of a picture, in all of its frames. */
const picturesPerAnimation = 20;

/**
 * Makes variants and placeholders with the package `sharp`, which is to be installed. Pictures are decoded on threads of
 * libuv, and only as many at once as `concurrency` and memory allow. The cache of sharp is switched off, for the whole
 * process.
 *
 * @throws PixstoreError `CONFIG_INVALID`, or `PROCESSING_UNAVAILABLE` when a package is missing
 *
 * @example
 * createPixstoreBackend({ processing: sharpProcessing({ variants: { thumb: { width: 160 }, card: { width: 640 } } }) });
 */
export function sharpProcessing(options: SharpProcessingOptions = {}): ImageProcessing {
  const settings = readProcessingOptions(options);
  const sharp = loadSharp();
  if (settings.convert.heic) requireHeicDecoder();
  // It helps who reads the same file again. From memory it only keeps decoders alive, of the last ten pictures or so: 300 MB
  // for each progressive JPEG of 49 megapixels, and in the clear.
  sharp.cache(false);
  const memory = memoryPerPixel * settings.maxDecodePixels + memoryOfAny * settings.concurrency;
  const turns = createTurns({ ...settings, memory });

  return {
    placeholders: settings.placeholders,

    definitions: (dir) => new Map([...settings.variantsOf(dir)].map(([name, { word }]) => [name, word])),

    convert(bytes, format) {
      const target = targetOf(settings.convert, format);
      if (!target) return null;
      return turns.take((turn) => convertPicture(sharp, { bytes, format, target }, { ...settings, memory }, turn));
    },

    async process(picture, wanted) {
      const variants = planVariants(settings, picture, wanted);
      if (variants.length === 0 && !wanted.placeholder && !settings.verify) return { variants: [] };
      if (picture.width * picture.height > settings.maxDecodePixels) {
        throw tooManyPixels(picture, settings.maxDecodePixels);
      }
      return turns.take(async (turn) => {
        if (settings.verify) await requireNothingBehind(picture.bytes, picture.format);
        const job = await openPicture(sharp, settings, picture, variants);
        if (job.bytes > memory) throw tooMuchMemory();
        return turn.withMemory(job.bytes, () => make(sharp, job, wanted.placeholder, turn));
      });
    },
  };
}

/** A picture whose header was read. */
interface Job {
  file: Source;
  picture: Picture;
  variants: readonly PlannedVariant[];
  /** All frames, when they are to be decoded. */
  frames: Source | null;
  /** Memory that it takes, at most. */
  bytes: number;
}

function planVariants(settings: Settings, picture: Picture, { dir, variants }: Wanted): PlannedVariant[] {
  const definitions = settings.variantsOf(dir);
  return variants.flatMap((name) => {
    const definition = definitions.get(name);
    return definition ? [{ name, definition, plan: planVariant(picture, definition) }] : [];
  });
}

async function openPicture(
  sharp: typeof Sharp,
  { verify, maxDecodePixels }: Settings,
  picture: Picture,
  variants: readonly PlannedVariant[],
): Promise<Job> {
  const { bytes, format } = picture;
  // Rows in order: out of order, sharp keeps large pictures in files of the system, in the clear. What browsers show of a
  // broken picture is shown, unless it is to be verified.
  const options: SharpOptions = {
    sequentialRead: true,
    failOn: verify ? 'warning' : 'none',
    limitInputPixels: maxDecodePixels,
  };
  const header = await readHeader(sharp, { bytes, options }, format);
  const file = { bytes, options: { ...options, autoOrient: isTurned(picture, header) } };
  const isAnimation = (format as string) !== 'avif' && (header.pages ?? 1) > 1;
  const allPixels = maxDecodePixels * picturesPerAnimation;
  const frames = { bytes, options: { ...options, pages: -1, limitInputPixels: allPixels } };
  const made = variants.map(({ definition, plan: { whole } }) => {
    const pixels = whole.width * whole.height;
    return 4 * pixels + encodingMemory(definition.format, pixels);
  });
  return {
    file,
    picture,
    variants,
    frames: verify && isAnimation ? frames : null,
    bytes: decodingMemory(header) + Math.max(0, ...made),
  };
}

async function make(
  sharp: typeof Sharp,
  { file, picture, variants, frames }: Job,
  placeholder: boolean,
  turn: Turn,
): Promise<Processed> {
  if (frames) await inTime(sharp(frames.bytes, frames.options).resize(8, 8, { fit: 'fill' }).raw(), turn);
  const [largest = planInside(picture, placeholderSide)] = variants
    .map(({ plan }) => plan)
    .sort((one, other) => other.scale - one.scale);
  const decoded = await decode(sharp, file, largest, turn);
  const made = [];
  // One after the other: a picture takes one thread.
  for (const variant of variants) made.push(await makeVariant(sharp, variant, { decoded, file }, turn));
  return { variants: made, placeholder: placeholder ? await makePlaceholder(sharp, decoded, turn) : undefined };
}
