import { createHash } from 'node:crypto';
import { assertOption, isOneOf, isWholeNumber, must, type OptionRule, readOptions } from '../shared/options.js';
import { isVariantName } from '../shared/protocol/variant-name.js';
import { type VariantFormat, variantFormats } from './variant-formats.js';

/**
 * How a variant is made. It has a width, a height or both, in pixels; no variant is larger than its picture.
 *
 * @example
 * { width: 640, format: 'webp', quality: 80 }
 * { width: 160, height: 160, fit: 'cover' } // a square, from the middle of the picture
 */
export interface VariantDefinition {
  /** 1 to 4,096. */
  width?: number;
  /** 1 to 4,096. */
  height?: number;
  /**
   * `inside`: the whole picture, within width and height. `cover`: width and height are filled, and what does not fit is
   * cut off on both sides alike; it takes both. `inside` unless told otherwise.
   */
  fit?: 'inside' | 'cover';
  /** `webp` unless told otherwise: every browser shows it, it has transparency, and it is smaller than JPEG and PNG. */
  format?: VariantFormat;
  /** 1 to 100; 80 unless told otherwise. PNG keeps every pixel and has none. */
  quality?: number;
}

export interface CompleteDefinition extends VariantDefinition {
  fit: 'inside' | 'cover';
  format: VariantFormat;
  quality: number;
  /** Another one for every other way to make a variant. */
  word: string;
}

const longestSide = 4096;
const rules: Record<keyof VariantDefinition, OptionRule> = {
  width: [isWholeNumber(1, longestSide)],
  height: [isWholeNumber(1, longestSide)],
  fit: [isOneOf(['inside', 'cover']), 'inside'],
  format: [isOneOf(variantFormats), 'webp'],
  quality: [isWholeNumber(1, 100), 80],
};

const isName = must('named by 1 to 64 characters of a-z, 0-9, _ and -', isVariantName);

/**
 * Checks and completes the variants of a folder.
 *
 * @param option - what they are called in the configuration, such as `variants`
 * @throws PixstoreError `CONFIG_INVALID`, naming the variant and what is wrong
 */
export function readDefinitions(option: string, given: object): ReadonlyMap<string, CompleteDefinition> {
  const definitions = new Map<string, CompleteDefinition>();
  for (const [name, definition] of Object.entries(given)) {
    assertOption(`${option}.${name}`, isName(name));
    requireGoodFields(`${option}.${name}`, definition);
    const complete = readOptions<Omit<CompleteDefinition, 'word'>>(definition, rules, `The variant "${name}"`);
    assertOption(`${option}.${name}`, lackOf(complete));
    definitions.set(name, { ...complete, word: wordOf(complete) });
  }
  return definitions;
}

/** Named in full: there may be many variants, and all have a width. */
function requireGoodFields(variant: string, definition: unknown): void {
  for (const [field, [check]] of Object.entries(rules)) {
    const value: unknown = Object(definition)[field];
    if (value !== undefined) assertOption(`${variant}.${field}`, check(value));
  }
}

function lackOf({ width, height, fit }: VariantDefinition): string | undefined {
  if (!width && !height) return 'given a width, a height or both';
  return fit === 'cover' && !(width && height) ? 'given both width and height, since its fit is cover' : undefined;
}

// Raised when pictures come out otherwise for the same definition: then all are made anew.
const way = 1;

function wordOf({ width, height, fit, format, quality }: VariantDefinition): string {
  const text = JSON.stringify([way, width ?? 0, height ?? 0, fit, format, format === 'png' ? 0 : quality]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
