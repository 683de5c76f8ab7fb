import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type CheckedOptions, masterKeysOf } from './config.js';

/** Options without their functions, to be compared: what is left must be the same for one backend to do for both. */
export type DataOptions = Readonly<Record<string, unknown>>;

/** @throws PixstoreError `MASTER_KEY_INVALID`, `MASTER_KEY_REQUIRED` */
export function dataOf(options: CheckedOptions): DataOptions {
  const { logger: _logger, now: _now, randomBytes, rateLimit, limits, store, onServe, processing, ...data } = options;
  return {
    ...data,
    databasePath: resolve(data.databasePath),
    imageRootDir: resolve(data.imageRootDir),
    ...(data.keyFilePath !== undefined && { keyFilePath: resolve(data.keyFilePath) }),
    // Names of the keys, wherever they come from; the keys themselves are kept nowhere.
    masterKey: masterKeysOf(options)?.map(({ id }) => id),
    // Of what is a function, whether it is there.
    randomBytes: randomBytes !== undefined,
    onServe: onServe !== undefined,
    processing: processing !== undefined,
    limits: typeof limits?.folder === 'function' ? 'a function' : limits?.folder,
    rateLimit: rateLimit && { onError: rateLimit.onError, clientOf: rateLimit.clientOf !== undefined },
    // Another store has other images. What a factory makes is asked for once.
    store: typeof store === 'function' ? 'a factory' : store,
  };
}

/** The names of the options in which they differ. */
export function differingOptions(one: DataOptions, other: DataOptions): string[] {
  return Object.keys({ ...one, ...other }).filter((name) => !isSame(one[name], other[name], name));
}

function isSame(one: unknown, other: unknown, name: string): boolean {
  return name === 'store' ? one === other : isDeepStrictEqual(one, other);
}
