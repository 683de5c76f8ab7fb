import {
  assertOption,
  isBoolean,
  isOneOf,
  isWholeNumber,
  must,
  type OptionRule,
  readOptions,
} from '../shared/options.js';
import { isDir } from '../shared/protocol/image-id.js';
import { type CompleteDefinition, readDefinitions, type VariantDefinition } from './variant-definition.js';
import { type VariantFormat, variantFormats } from './variant-formats.js';

/** What pictures that browsers do not show are made into when they are saved. */
export interface ConversionOptions {
  /** HEIC and other HEIF, as iPhones have it: takes the package `libheif-js`. */
  heic?: VariantFormat;
  tiff?: VariantFormat;
  bmp?: VariantFormat;
}

export interface ProcessingFolder {
  /** In place of those of the other folders; `{}` for none. */
  variants: Readonly<Record<string, VariantDefinition>>;
}

export interface SharpProcessingOptions {
  /** By name, 1 to 64 characters of a-z, 0-9, _ and -. */
  variants?: Readonly<Record<string, VariantDefinition>>;
  /** Folders with other variants, by name. */
  folders?: Readonly<Record<string, ProcessingFolder>>;
  /** Do pictures get a ThumbHash? Not unless told. */
  placeholders?: boolean;
  convert?: ConversionOptions;
  /** `decode` refuses what does not decode whole, and what has something else behind its end. */
  verify?: 'decode';
  /** Width times height of a picture that is decoded, at most: 50,000,000 unless told otherwise. */
  maxDecodePixels?: number;
  /** Pictures that are worked on at once; 3 unless told otherwise, and always fewer than threads of libuv. */
  concurrency?: number;
  /** Milliseconds that a picture may take, once its turn has come: 30,000 unless told otherwise. */
  timeout?: number;
}

export interface Settings {
  variantsOf(dir: string): ReadonlyMap<string, CompleteDefinition>;
  placeholders: boolean;
  convert: ConversionOptions;
  verify: boolean;
  maxDecodePixels: number;
  concurrency: number;
  timeout: number;
}

const isObject = must('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const isTarget = isOneOf(variantFormats);

const conversionRules: Record<keyof ConversionOptions, OptionRule> = {
  heic: [isTarget],
  tiff: [isTarget],
  bmp: [isTarget],
};

/**
 * Checks and completes the options.
 *
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function readProcessingOptions(given: SharpProcessingOptions): Settings {
  const rules: Record<keyof SharpProcessingOptions, OptionRule> = {
    variants: [isObject, {}],
    folders: [isObject, {}],
    placeholders: [isBoolean, false],
    convert: [isObject, {}],
    verify: [isOneOf(['decode'])],
    maxDecodePixels: [isWholeNumber(1, 2 ** 30), 50_000_000],
    concurrency: [isWholeNumber(1, mostAtOnce()), Math.min(3, mostAtOnce())],
    timeout: [isWholeNumber(1, 3_600_000), 30_000],
  };
  const options = readOptions<Required<SharpProcessingOptions>>(given, rules, 'sharpProcessing');
  const everywhere = readDefinitions('variants', options.variants);
  const byFolder = new Map(Object.entries(options.folders).map(([dir, folder]) => [dir, readFolder(dir, folder)]));
  return {
    ...options,
    variantsOf: (dir) => byFolder.get(dir) ?? everywhere,
    convert: readOptions<ConversionOptions>(options.convert, conversionRules, 'The option "convert"'),
    verify: options.verify === 'decode',
  };
}

function readFolder(dir: string, given: ProcessingFolder): ReadonlyMap<string, CompleteDefinition> {
  assertOption(`folders.${dir}`, isDir(dir) ? undefined : 'named by 1 to 64 characters of a-z, 0-9, _ and -');
  const rules = { variants: [isObject] } satisfies Record<keyof ProcessingFolder, OptionRule>;
  const { variants } = readOptions<Partial<ProcessingFolder>>(given, rules, `The folder "${dir}"`);
  assertOption(`folders.${dir}`, variants ? undefined : 'given its variants');
  return readDefinitions(`folders.${dir}.variants`, variants ?? {});
}

/**
 * sharp works on threads of libuv, which files and DNS need as well: at least one of them stays free. Their number is
 * that of the environment when the first of them is used.
 */
function mostAtOnce(): number {
  const threads = Number(process.env.UV_THREADPOOL_SIZE) || 4;
  return Math.max(1, threads - 1);
}
