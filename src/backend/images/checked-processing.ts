import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { imageFormats } from '../../shared/protocol/formats.js';
import { isVariantName } from '../../shared/protocol/variant-name.js';
import type { ImageProcessing, MadeVariant, Processed, Wanted } from './processing-port.js';

const longestSide = 2 ** 32 - 1; // as it is sealed

/**
 * Processing may be the application's own. Whatever it throws, at once or later, comes out with a code; and what it
 * answers is looked at before it is sealed: a variant under a name that no id can have is never found again.
 *
 * @returns processing that throws PixstoreError: what the given one throws, or `PROCESSING_FAILED`
 */
export function checkedProcessing(processing: ImageProcessing): ImageProcessing {
  return {
    definitions: (dir) =>
      coded(() => {
        const definitions = processing.definitions(dir);
        for (const [name, word] of definitions) {
          demand(isVariantName(name), 'definitions: the name of a variant is 1 to 64 characters of a-z, 0-9, _ and -');
          demand(
            typeof word === 'string' && /^[a-zA-Z\d]{1,64}$/.test(word),
            'definitions: a word is 1 to 64 letters and digits',
          );
        }
        return definitions;
      }),
    get placeholders() {
      return processing.placeholders;
    },
    convert: (bytes, format) =>
      coded(() => {
        const converting = processing.convert(bytes, format);
        return converting && coded(async () => requireBytes(await converting, 'convert: a file is bytes'));
      }),
    process: async (picture, wanted) =>
      coded(async () => requireWanted(await processing.process(picture, wanted), wanted)),
  };
}

function requireWanted(made: Processed, wanted: Wanted): Processed {
  const names = made.variants.map(({ name }) => name);
  demand(new Set(names).size === names.length, 'process: a variant was made twice');
  demand(
    names.every((name) => wanted.variants.includes(name)),
    'process: a variant was made that was not wanted',
  );
  for (const variant of made.variants) requireVariant(variant);
  if (made.placeholder !== undefined) requireBytes(made.placeholder, 'process: a placeholder is bytes');
  return made;
}

function requireVariant({ bytes, format, width, height }: MadeVariant): void {
  requireBytes(bytes, 'process: the file of a variant is bytes');
  demand(imageFormats.includes(format), 'process: the format of a variant is one of imageFormats');
  const areSides = [width, height].every((side) => Number.isInteger(side) && side > 0 && side <= longestSide);
  demand(areSides, 'process: width and height of a variant are whole numbers from 1 on');
}

function requireBytes(bytes: Uint8Array, rule: string): Uint8Array {
  demand(bytes instanceof Uint8Array, rule);
  return bytes;
}

function demand(isSo: boolean, rule: string): void {
  if (!isSo) throw new TypeError(rule);
}

/** Runs work whose errors have a code afterwards. */
function coded<Result>(work: () => Result): Result {
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(failed) as Result) : result;
  } catch (error) {
    return failed(error);
  }
}

function failed(cause: unknown): never {
  if (cause instanceof PixstoreError) throw cause;
  throw new PixstoreError('PROCESSING_FAILED', 'What makes variants of images failed. The image was not saved.', {
    cause,
  });
}
