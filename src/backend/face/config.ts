import type { IncomingMessage } from 'node:http';
import { kindOf, requireArrived } from '../../shared/call-options.js';
import { guardLogger } from '../../shared/callbacks.js';
import { checkedClock } from '../../shared/clock.js';
import type { Logger } from '../../shared/errors/gate.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import {
  type Check,
  errorHandlingModes,
  isBoolean,
  isFunction,
  isListOf,
  isLogger,
  isOneOf,
  isRoute,
  isText,
  isWholeNumber,
  must,
  type OptionRule,
  readOptions,
} from '../../shared/options.js';
import { imageFormats } from '../../shared/protocol/formats.js';
import { isToken } from '../../shared/protocol/image-id.js';
import type { ImageStore } from '../../stores/port.js';
import type { ErrorHandlingMode, ImageFormat } from '../../types/index.js';
import type { ServeEvent } from '../diagnostics.js';
import type { RandomBytes } from '../images/encryption.js';
import type { StripMetadata } from '../images/metadata/strip.js';
import type { ImageProcessing } from '../images/processing-port.js';
import { type FolderLimits, isQuota } from '../images/quotas.js';
import { checkedRandomBytes } from '../images/random.js';
import { isKeyWrapper } from '../keys/key-wrapper.js';
import { givenMasterKeys, type MasterKeyOption } from '../keys/load-master-keys.js';
import type { MasterKeys } from '../keys/master-key.js';
import type { EndpointTimeouts } from '../servers/default-server.js';
import type { CorsOptions } from '../serving/cors.js';
import type { RateLimiter, RateLimiterFailure } from '../serving/rate-limit.js';
import { isTimeoutsOf, withDefaultTimeouts } from '../serving/timeouts.js';

/** Options of a backend, all with their defaults filled in. */
export interface BackendOptions<Mode extends ErrorHandlingMode = ErrorHandlingMode> {
  /** Formats that may be saved. Default: png, webp, jpg, jpeg. Also known: gif, avif. */
  imageFormats: ImageFormat[];
  /**
   * Remove what a picture's file tells besides the picture: EXIF and the place in it, XMP, IPTC, comments, thumbnails,
   * videos behind the picture. Pixels stay the same, orientation and colour profile stay. A picture of which that cannot
   * be done with certainty is refused (`IMAGE_NOT_STRIPPABLE`), or, with `best-effort`, kept as it is. `false` keeps every
   * file as it is. Default: true.
   */
  stripMetadata: StripMetadata;
  /** Width times height of the largest picture that may be saved. Default: 268,435,456 (2^28). */
  maxPixels: number;
  /** Frames of the longest animation that may be saved. Default: 2,000. */
  maxFrames: number;
  /** Makes variants and placeholders of images that are saved: see `pixstore/processing`. Default: none. */
  processing?: ImageProcessing;
  /** Folder for larger ciphertexts. Default: `pixstore-images`. */
  imageRootDir: string;
  /** SQLite file for records and small ciphertexts. Default: `./.pixstore.sqlite`. */
  databasePath: string;
  /**
   * How much each folder may hold, `''` for images without one: `{ folder: { images, bytes } }`, or a function of its name,
   * which is called with every save. Kept exactly, by the store. Default: no limits.
   */
  limits?: LimitOptions;
  /** Largest image that may be saved, in bytes. Default: 50 MiB. */
  maxImageBytes: number;
  /**
   * Bytes of images that may be under way at once; calls above it wait, so that memory stays flat. Default: 64 MiB.
   */
  maxQueuedBytes: number;
  /** Ciphertext of often-served images kept in memory, in bytes; 0 keeps none. Default: 64 MiB. */
  memoryCacheBytes: number;
  /** Answers that may be on their way at once; what comes above is answered `RateLimited`. Default: 1,000. */
  maxConcurrentAnswers: number;
  /** A limit for each client, by a limiter such as those of rate-limiter-flexible. Default: none. */
  rateLimit?: RateLimitOptions;
  /** Serve a page of figures for Prometheus at `{route}/-/metrics`. Default: false. */
  metrics: boolean;
  /**
   * `health()` of the local store warns when a disk has less room than so many bytes, and less than so many percent of it.
   * Default: `{ bytes: 1 GiB, percent: 10 }`.
   */
  lowDisk: { bytes?: number; percent?: number };
  /** How long another process may hold the local database before a call fails, in ms. Default: 5,000. */
  busyTimeout: number;
  /**
   * 32 bytes as base64 or hex, a `KeyWrapper` over a key server, or a list of such: all open, the first is for what is
   * new. Default: `PIXSTORE_MASTER_KEY` (a list with commas), else a key file beside the database. Not to be there and
   * undefined: a secret that did not arrive must not make a key file.
   */
  masterKey?: MasterKeyOption;
  /**
   * Where no key is given: make a key file beside the database (`create`), or do with one that is there (`require`).
   * Default: create.
   */
  keyFile: 'create' | 'require';
  /**
   * The key file, where it is not beside the database: with its keys, one a line, only its owner may read it. It goes before
   * `PIXSTORE_MASTER_KEY`, and may be given with a `store` of your own, too; for that none is made. Default: the name of the
   * database and `.key`.
   */
  keyFilePath?: string;
  /** How long a proof's window is, in ms; it lives one to two windows. -1 switches proofs off. Default: 20,000. */
  statelessKeyWindowLength: number;
  /** Serve images on a port of pixstore's own. Default: true. */
  defaultEndpointEnabled: boolean;
  /** Default: 0.0.0.0. */
  defaultEndpointListenHost: string;
  /** Default: 7482. */
  defaultEndpointListenPort: number;
  /** Default: `/pixstore-image`. */
  defaultEndpointRoute: string;
  /** Connections that may be open at once; what comes above is cut off. Default: 20,000. */
  defaultEndpointMaxConnections: number;
  /** How long a client of the default endpoint may take, in ms. What is left out keeps its default. */
  defaultEndpointTimeouts: Partial<EndpointTimeouts>;
  /** Origins whose pages may fetch images: `*`, one, or a list. Default: `*`. */
  accessControlAllowOrigin: string | string[];
  /**
   * May pages of other origins send cookies (`credentials: 'include'`)? Name the origins then: browsers send none to `*`.
   * Default: false.
   */
  accessControlAllowCredentials: boolean;
  /**
   * Headers that requests of other origins may carry, such as `x-csrf-token`. Our own may, and `authorization` where a
   * handler has checks of the application's. Default: none.
   */
  accessControlAllowHeaders: readonly string[];
  /**
   * Take proof and token from a query, too. Whoever reads such a URL, in a log or in a browser, can fetch the picture
   * with its key for some seconds. Frontends of pixstore send neither in one; fetchers of your own may. False: they
   * count as missing. Default: true.
   */
  acceptProofsInQuery: boolean;
  /**
   * Told of every image that is served, or kept from who asks by its proof or your checks: which one, to whom, and how.
   * For an audit trail. Not told of what the rate limit or a full server turns away, nor where a check of yours throws.
   * What it throws goes no further; it had better be quick.
   */
  onServe?: (event: ServeEvent) => void;
  /** Default: `hybrid`. */
  errorHandlingMode: Mode;
  /**
   * A store instead of the local one, or a function that makes it when it is needed; it needs a master key of yours. Give
   * a function where the module that calls `initPixstoreBackend` may be evaluated again.
   */
  store?: ImageStore | (() => ImageStore);
  /** ms since 1970. Default: `Date.now`. */
  now: () => number;
  /** Must be cryptographically secure. Default: `node:crypto`. */
  randomBytes?: RandomBytes;
  /** Where messages go. What it throws is ignored, and the message goes to stderr. Default: the console, on stderr. */
  logger: Logger;
}

/** Bounds how much is kept. */
export interface LimitOptions {
  /** Images, and bytes of ciphertext with all variants. */
  folder?: FolderLimits;
}

/** Bounds how many images each client may ask for. */
export interface RateLimitOptions {
  /** Every image costs a point, in a batch too. */
  limiter: RateLimiter;
  /** What clients of the default endpoint are told apart by; behind a proxy, what it says. Default: their address. */
  clientOf?: (request: IncomingMessage) => string;
  /**
   * What becomes of images while the limiter fails, since its store is down for instance: `closed` answers them
   * `RateLimited`, so that browsers try again; `open` serves them. Default: closed.
   */
  onError?: RateLimiterFailure;
}

/** What `createPixstoreBackend` takes: any of the options. */
export type BackendConfig<Mode extends ErrorHandlingMode = ErrorHandlingMode> = {
  [Name in keyof BackendOptions<Mode>]?: BackendOptions<Mode>[Name] | IfAbsent<Name>;
};

// Whoever compiles with exactOptionalPropertyTypes is told before the program runs.
type IfAbsent<Name> = Name extends 'masterKey' | 'accessControlAllowOrigin' ? never : undefined;

const mebibyte = 1024 * 1024;

/** What programs write to stdout is theirs: `console.info` would write there, too. */
const onStderr: Logger = {
  info: (message) => console.error(message),
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/** Longer between two requests than the minute that proxies keep their connections. */
const defaultTimeouts: EndpointTimeouts = {
  headers: 10_000,
  request: 30_000,
  stalled: 60_000,
  keepAlive: 65_000,
  ...withDefaultTimeouts({}),
};

const isWindowLength: Check = (value) =>
  value === -1 ? undefined : isWholeNumber(1)(value) && 'a whole number of ms of at least 1, or -1 for no proofs';

const isOrigin = (value: unknown) =>
  value === '*' ||
  (typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/i.test(value) && URL.canParse(value));

const isOrigins = must('"*", an origin such as "https://app.example.com", or a list of origins', (value) => {
  const origins = [value].flat();
  return origins.length > 0 && origins.every(isOrigin);
});

const isHeaderNames = must(
  'a list of names of headers, such as ["x-csrf-token"]',
  (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(name)),
);

const isKeys = must('a string (base64 or hex of 32 bytes), a KeyWrapper, or a list of such', (value) => {
  const keys = [value].flat();
  return keys.length > 0 && keys.every((key) => typeof key === 'string' || isKeyWrapper(key));
});

const isStore = must('an ImageStore', (value) =>
  ['put', 'open', 'record', 'records', 'remove', 'usage', 'close'].every(
    (name) => typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function',
  ),
);

const isStoreOrFactory = must('an ImageStore, or a function that makes one', (value) =>
  typeof value === 'function' ? true : isStore(value) === undefined,
);

const isProcessing = must('an ImageProcessing, such as sharpProcessing() makes', (value) =>
  ['definitions', 'convert', 'process'].every(
    (name) => typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function',
  ),
);

const isLimits = must(
  '{ folder }: { images?, bytes? } in whole numbers, or a function of the name of a folder that returns such',
  (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { folder, ...others } = value as Record<string, unknown>;
    const isKnown = folder === undefined || typeof folder === 'function' || isQuota(folder);
    return isKnown && Object.keys(others).length === 0;
  },
);

const isLowDisk = must('{ bytes?, percent? }: a whole number, and a number from 0 to 100', (value) => {
  const { bytes = 0, percent = 0, ...others } = (value ?? {}) as Record<string, unknown>;
  const isPercent = typeof percent === 'number' && percent >= 0 && percent <= 100;
  return typeof value === 'object' && value !== null && isToken(bytes) && isPercent && Object.keys(others).length === 0;
});

const isRateLimit = must(
  '{ limiter, clientOf?, onError? }: a limiter with a method consume(client, points), a function, and "closed" or "open"',
  (value) => {
    const { limiter, clientOf = () => '', onError = 'closed', ...others } = (value ?? {}) as Record<string, unknown>;
    return (
      typeof (limiter as { consume?: unknown } | undefined)?.consume === 'function' &&
      typeof clientOf === 'function' &&
      (onError === 'closed' || onError === 'open') &&
      Object.keys(others).length === 0
    );
  },
);

const defaultFormats: readonly ImageFormat[] = ['png', 'webp', 'jpg', 'jpeg'];

const rules: Readonly<Record<keyof BackendOptions, OptionRule>> = {
  imageFormats: [isListOf(imageFormats), [...defaultFormats]],
  stripMetadata: [isOneOf([true, false, 'best-effort']), true],
  maxPixels: [isWholeNumber(1), 2 ** 28],
  maxFrames: [isWholeNumber(1), 2_000],
  processing: [isProcessing],
  imageRootDir: [isText, 'pixstore-images'],
  databasePath: [isText, './.pixstore.sqlite'],
  limits: [isLimits],
  maxImageBytes: [isWholeNumber(1), 50 * mebibyte],
  maxQueuedBytes: [isWholeNumber(1), 64 * mebibyte],
  memoryCacheBytes: [isWholeNumber(0), 64 * mebibyte],
  maxConcurrentAnswers: [isWholeNumber(1), 1_000],
  rateLimit: [isRateLimit],
  metrics: [isBoolean, false],
  lowDisk: [isLowDisk, {}],
  busyTimeout: [isWholeNumber(0), 5_000],
  masterKey: [isKeys],
  keyFile: [isOneOf(['create', 'require']), 'create'],
  keyFilePath: [isText],
  statelessKeyWindowLength: [isWindowLength, 20_000],
  defaultEndpointEnabled: [isBoolean, true],
  defaultEndpointListenHost: [isText, '0.0.0.0'],
  defaultEndpointListenPort: [isWholeNumber(1, 65_535), 7482],
  defaultEndpointRoute: [isRoute, '/pixstore-image'],
  defaultEndpointMaxConnections: [isWholeNumber(1), 20_000],
  defaultEndpointTimeouts: [isTimeoutsOf(Object.keys(defaultTimeouts)), {}],
  accessControlAllowOrigin: [isOrigins, '*'],
  accessControlAllowCredentials: [isBoolean, false],
  accessControlAllowHeaders: [isHeaderNames, []],
  acceptProofsInQuery: [isBoolean, true],
  onServe: [isFunction],
  errorHandlingMode: [isOneOf(errorHandlingModes), 'hybrid'],
  store: [isStoreOrFactory],
  now: [isFunction, Date.now],
  randomBytes: [isFunction],
  logger: [isLogger, onStderr],
};

/** Options as they are once they were read. */
export type CheckedOptions = BackendOptions & { defaultEndpointTimeouts: EndpointTimeouts };

/**
 * The functions among the options are wrapped here, once, so that nobody who calls them need expect anything odd.
 *
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function readBackendConfig(config: BackendConfig | undefined): CheckedOptions {
  requireArrived(config, ['masterKey', 'accessControlAllowOrigin'], 'a pixstore backend');
  const options = readOptions<BackendOptions>(config, rules, 'A pixstore backend');
  const { now, randomBytes, logger } = options;
  return {
    ...options,
    now: checkedClock(now),
    ...(randomBytes && { randomBytes: checkedRandomBytes(randomBytes) }),
    logger: guardLogger(logger, onStderr),
    defaultEndpointTimeouts: { ...defaultTimeouts, ...options.defaultEndpointTimeouts },
    ...corsOf(options),
  };
}

/** As browsers write it: `https://APP.example.com:443` is `https://app.example.com`. */
function canonical(origin: string): string {
  const { origin: known } = new URL(origin);
  return known === 'null' ? origin.toLowerCase() : known; // of apps that have a scheme of their own
}

/**
 * Origins and headers as browsers write them.
 *
 * @throws PixstoreError `CONFIG_INVALID`
 */
function corsOf({
  accessControlAllowOrigin: allowed,
  accessControlAllowCredentials,
  accessControlAllowHeaders,
}: BackendOptions): CorsOptions {
  const origins = [allowed].flat().map((origin) => (origin === '*' ? origin : canonical(origin)));
  if (accessControlAllowCredentials && origins.includes('*')) {
    throw new PixstoreError(
      'CONFIG_INVALID',
      'The option "accessControlAllowCredentials" needs names in "accessControlAllowOrigin": browsers send no cookies where the header Access-Control-Allow-Origin is "*".',
    );
  }
  return {
    accessControlAllowOrigin: Array.isArray(allowed) ? origins : (origins[0] as string),
    accessControlAllowCredentials,
    accessControlAllowHeaders: accessControlAllowHeaders.map((name) => name.toLowerCase()),
  };
}

/**
 * The keys that were given, by the option or by the environment.
 *
 * @returns null when they are in a key file
 * @throws PixstoreError `MASTER_KEY_INVALID`, `MASTER_KEY_REQUIRED`
 */
export function masterKeysOf({ masterKey, keyFilePath, store }: CheckedOptions): MasterKeys | null {
  return givenMasterKeys({
    masterKey,
    environment: keyFilePath === undefined ? process.env.PIXSTORE_MASTER_KEY : undefined,
    mayHaveFile: store === undefined || keyFilePath !== undefined,
  });
}

/** @throws PixstoreError `CONFIG_INVALID` when a function that was given for a store makes none */
export function givenStore(given: ImageStore | (() => ImageStore)): ImageStore {
  if (typeof given !== 'function') return given;
  const store: unknown = given();
  if (isStore(store) === undefined) return store as ImageStore;
  if (store instanceof Promise) store.catch(() => {});
  throw new PixstoreError(
    'CONFIG_INVALID',
    `The function that is the option "store" must return an ImageStore; it returned ${kindOf(store)}.`,
  );
}
