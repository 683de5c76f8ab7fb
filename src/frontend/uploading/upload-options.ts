import { kindOf, readCallOptions } from '../../shared/call-options.js';
import { assertOption, isFunction, isOneOf, must } from '../../shared/options.js';
import { noFile } from './upload-error.js';

/** How one image is sent. */
export interface UploadImageOptions {
  /** Where `createUploadHandler` is mounted, as the page would write it in a link. */
  url: string | URL;
  /** Headers of yours, such as `Authorization`. `Content-Type` is that of the file, whatever is said here. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Are cookies sent to another origin, too? Default `same-origin`: to the page's own only. */
  credentials?: UploadCredentials | undefined;
  /** Ends the upload: the call rejects with the signal's reason, an `AbortError` unless you gave another. */
  signal?: AbortSignal | undefined;
  /** Told how far the upload is. What it throws ends there. */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

export type UploadCredentials = 'same-origin' | 'include';

/** How far an upload is, in bytes of the file. `loaded` only grows, and is `total` at the end of an upload that was saved. */
export interface UploadProgress {
  loaded: number;
  total: number;
}

const isUrl = must(
  'a URL or a path',
  (value) => (typeof value === 'string' && value !== '') || typeof Object(value).href === 'string',
);

const isHeaders = must('an object of strings by the names of headers', (value) =>
  Object.values(Object(value)).every((header) => typeof header === 'string'),
);

const isSignal = must('an AbortSignal', (value) => typeof Object(value).aborted === 'boolean');

const rules = {
  url: isUrl,
  headers: isHeaders,
  credentials: isOneOf(['same-origin', 'include']),
  signal: isSignal,
  onProgress: isFunction,
};

/** @throws PixstoreError `CONFIG_INVALID`, naming the option */
export function readUploadOptions(given: UploadImageOptions): UploadImageOptions {
  const names = Object.keys(rules) as (keyof typeof rules)[];
  readCallOptions(given, names, 'uploadImage');
  for (const name of names) {
    if (name === 'url' || given[name] !== undefined) assertOption(name, rules[name](given[name]));
  }
  return given;
}

/**
 * Files and Blobs of whatever realm, and those of a DOM that tests run in: they are no instances of this one's class, and
 * not all of them say what they are.
 *
 * @throws UploadError `IMAGE_INPUT_INVALID`
 */
export function assertFile(file: unknown): asserts file is Blob {
  const { size, type, slice } = Object(file) as Record<string, unknown>;
  if (typeof size === 'number' && typeof type === 'string' && typeof slice === 'function') return;
  throw noFile(kindOf(file));
}
