import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageFormat } from '../../types/index.js';
import type { ImageInfo } from '../keys/image-info.js';
import { type EncryptedImage, encryptImage, type RandomBytes } from './encryption.js';
import { nameOfOther } from './headers/others.js';
import { requireFewFrames } from './inspect.js';
import { type AcceptedImage, type IntakeOptions, takeIn } from './intake.js';
import { copyInSteps } from './metadata/assembly.js';
import { inTurns } from './metadata/stripping.js';
import type { ImageProcessing, Picture } from './processing-port.js';

/** A part that is encrypted, and not yet sealed to a version. */
export interface NewPart extends EncryptedImage {
  /** Undefined for the original. */
  variant: string | undefined;
  /** Null when the picture does not tell. */
  info: ImageInfo | null;
}

/** The parts of a version, the original first. */
export type NewParts = readonly [NewPart, ...NewPart[]];

export interface NewPartsOptions extends IntakeOptions {
  /** Null: images have no variants. */
  processing: ImageProcessing | null;
  randomBytes: RandomBytes;
}

/** What an image is made into before it is kept: looked at, its variants made, each part encrypted under a key of its own. */
export function createPartMaker({ processing, randomBytes, ...intake }: NewPartsOptions) {
  async function encrypt({ bytes, ...info }: Picture & ImageInfo, variant?: string): Promise<NewPart> {
    const encrypted = await encryptImage(info.format, bytes, randomBytes);
    return { ...encrypted, variant, info };
  }

  /**
   * Encrypted variants, by these definitions, and the placeholder.
   *
   * @throws PixstoreError what processing throws, `IMAGE_TOO_MANY_FRAMES`
   */
  async function make(
    picture: Picture,
    dir: string,
    definitions: ReadonlyMap<string, string>,
    placeholder: boolean,
  ): Promise<{ parts: NewPart[]; placeholder: Uint8Array | undefined }> {
    if (!processing) return { parts: [], placeholder: undefined };
    requireFewFrames(picture.bytes, intake);
    const made = await processing.process(picture, { dir, variants: [...definitions.keys()], placeholder });
    const parts = made.variants.map(({ name, ...variant }) => {
      if (!intake.imageFormats.includes(variant.format)) throw formatNotKept(name, variant.format);
      return encrypt({ ...variant, definition: definitions.get(name) }, name);
    });
    return { parts: await Promise.all(parts), placeholder: made.placeholder };
  }

  async function partsOf(picture: Picture, dir: string): Promise<NewParts> {
    const definitions = processing?.definitions(dir) ?? new Map<string, string>();
    const { parts, placeholder } = await make(picture, dir, definitions, processing?.placeholders ?? false);
    return [await encrypt({ ...picture, placeholder }), ...parts];
  }

  async function partsIn(file: Uint8Array, dir: string): Promise<NewParts> {
    if (!processing) {
      const taken = takeIn(file, intake);
      return [await encrypt(pictureOf(taken instanceof Promise ? await taken : taken))];
    }
    // Their owner may use them for something else, and original and variants must be of the same picture.
    const bytes = await inTurns(copyInSteps(file));
    const format = nameOfOther(bytes);
    const converted = format && (await processing.convert(bytes, format));
    return partsOf(pictureOf(await takeIn(converted || bytes, intake)), dir);
  }

  return {
    make,

    /** All parts of a picture as it is kept. @throws PixstoreError what processing throws */
    partsOf,

    /**
     * All parts of the picture in a file that is to be saved, converted when its format is one that is. The bytes, up to
     * 1 MiB, are taken before this returns its promise.
     *
     * @throws PixstoreError as `partsOf`, or what `takeIn` throws; `IMAGE_INPUT_INVALID`
     */
    async partsOfFile(file: Uint8Array, dir: string): Promise<NewParts> {
      const { length } = file;
      try {
        return await partsIn(file, dir);
      } catch (error) {
        // Whatever it looked like to who read it: its owner has given the memory away.
        throw file.length === length ? error : takenAway(error);
      }
    },
  };
}

export type PartMaker = ReturnType<typeof createPartMaker>;

const pictureOf = ({ info, bytes }: AcceptedImage): Picture => ({ ...info, bytes });

function takenAway(cause: unknown): PixstoreError {
  return new PixstoreError(
    'IMAGE_INPUT_INVALID',
    'The memory of the image was transferred while it was read, and nothing was kept. Leave it alone until the call is done.',
    { cause },
  );
}

function formatNotKept(name: string, format: ImageFormat): PixstoreError {
  return new PixstoreError(
    'IMAGE_FORMAT_REFUSED',
    `The variant "${name}" is ${format}, which imageFormats does not list. Add ${format} to imageFormats, or give the variant another format.`,
  );
}
