import { isWholeNumber, must, type OptionRule, readOptions } from '../../shared/options.js';

/** What all stores of blobs over an object store take. */
export interface ObjectBlobsOptions {
  /**
   * Where in the bucket: a folder such as `pixstore`, or several with `/` between them, which nothing else writes to. Default:
   * none, so the whole bucket.
   */
  prefix?: string | undefined;
  /** How long an answer, or the next piece of one, may take, in ms. What is written may take longer by its size. Default: 5,000. */
  timeout?: number | undefined;
  /** How often a request is sent at most, when it may succeed in a moment. Default: 4. */
  attempts?: number | undefined;
}

type ReadOptions = { [Option in keyof ObjectBlobsOptions]-?: NonNullable<ObjectBlobsOptions[Option]> };

// So that all attempts end long before the hour after which splitStore takes a write for over.
const longestTimeout = 120_000;
const mostAttempts = 8;

const isPrefix = must(
  'names of folders of letters, digits, "_", "-" and ".", with "/" between them, at most 512 characters',
  (value) =>
    typeof value === 'string' &&
    value.length <= 512 &&
    /^(?:$|(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$)/.test(value),
);

const rules: Record<keyof ObjectBlobsOptions, OptionRule> = {
  prefix: [isPrefix, ''],
  timeout: [isWholeNumber(1, longestTimeout), 5_000],
  attempts: [isWholeNumber(1, mostAttempts), 4],
};

/**
 * Splits what is said of blobs in general from what a driver takes.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 */
export function readObjectBlobsOptions<Own extends object>(
  given: (Own & ObjectBlobsOptions) | undefined,
  own: Readonly<Record<keyof Own & string, OptionRule>>,
  name: string,
): Own & ReadOptions {
  const all = { ...rules, ...own } as Record<keyof (Own & ReadOptions) & string, OptionRule>;
  return readOptions<Own & ReadOptions>(given, all, name);
}
