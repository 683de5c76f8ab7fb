import type { Logger } from '../shared/errors/gate.js';
import {
  assertOption,
  errorHandlingModes,
  isFunction,
  isListOf,
  isLogger,
  isOneOf,
  isRoute,
  isText,
  isWholeNumber,
  type OptionRule,
  readOptions,
} from '../shared/options.js';
import { imageFormats } from '../shared/protocol/formats.js';
import type { ErrorHandlingMode, ImageFormat } from '../types/index.js';
import { isEndpointHost } from './fetching/endpoint-url.js';
import type { RefreshRecords } from './fetching/refresh.js';

/** Where `getImage` found an image. */
export type ImageSource = 'memory' | 'disk' | 'network';

/** What `onImageLoad` is told about an image that `getImage` is about to return. */
export interface ImageLoadInfo {
  id: string;
  /** The version that is shown; newer than the record's when the image was updated meanwhile. */
  token: number;
  source: ImageSource;
  /** Size of the image file. */
  bytes: number;
  /** From the call of `getImage` to the finished Blob; 0 for an observer of what was there, or came by another call. */
  milliseconds: number;
}

/** Options of a frontend, checked and with their defaults filled in. */
export type FrontendOptions = {
  /** Formats that may be shown. Default: png, webp, jpg, jpeg. */
  imageFormats: readonly ImageFormat[];
  /** Name of the IndexedDB database; pixstore's alone, since it is deleted when it looks damaged. Default `pixstore`. */
  frontendDbName: string;
  /** Raise it to start every visitor's cache afresh. Default 1. */
  frontendDbVersion: number;
  /** Object store of the images. Default `images`. */
  imageStoreName: string;
  /** Images kept on disk; the least recently used go when there are more. Default 1000. */
  frontendImageCacheLimit: number;
  /** Images removed from disk at a time; less than the limit. Default 50. */
  frontendCleanupBatch: number;
  /**
   * Bytes of images kept on disk; the least recently used go when there are more. Default: a fifth of what the browser
   * gives this site, from 64 MiB to 1 GiB.
   */
  frontendCacheBytes?: number;
  /**
   * What the disk cache holds. `encrypted` (default): ciphertext, decrypted in memory on every use; it is of no use
   * without a record. `decrypted`: plain images, faster, but readable by whoever can read the browser's profile, and
   * shown to any record of the same version, whatever its key. Changing it deletes what is cached.
   */
  frontendCacheContents: 'encrypted' | 'decrypted';
  /** Bytes of decrypted images kept in memory; 0 keeps none. Default 64 MiB. */
  frontendMemoryCacheBytes: number;
  /**
   * Host of the default endpoint: `img.example.com`, `https://img.example.com`, `http://[::1]:8080`. A port written
   * here wins over `defaultEndpointConnectPort`. Without a scheme: https on a page over https, else http. Required
   * unless a fetcher is given.
   */
  defaultEndpointConnectHost?: string;
  /**
   * Port of the default endpoint, whatever the scheme. Default 7482; behind a TLS proxy say 443, or write
   * `https://img.example.com:443` as the host.
   */
  defaultEndpointConnectPort: number;
  /** Default `/pixstore-image`. */
  defaultEndpointRoute: string;
  /** What a failing call does. Default `hybrid`. */
  errorHandlingMode: ErrorHandlingMode;
  /**
   * Milliseconds without progress after which a request for images is given up; every byte that comes is progress, for
   * those that wait behind it as well. However steadily its bytes drip, an image gets 20 times as long. A fetcher of your
   * own shows no progress: it has so long for the whole of one image, from when it is called. Default 30000.
   */
  fetchTimeout: number;
  /**
   * How often a fetch is repeated that failed for a reason of the moment: no answer, HTTP 408, 425, 429 or 5xx (but
   * 501), an answer that was cut off, too many requests. The first time after about 400 ms, then after twice as long;
   * later where `Retry-After` says so, and not at all where it says more than 30 s. Default 2.
   */
  fetchRetries: number;
  /**
   * Gets fresh records from your API, when the proofs of some have expired: asked once for all images concerned, with the
   * context of the first. An image it returns no record for is `PROOF_INVALID`. Its API asks anew whether the user may.
   */
  refreshRecords?: RefreshRecords;
  /** Told about every image that was loaded; what it throws is logged and goes no further. */
  onImageLoad?: (info: ImageLoadInfo) => void;
  /** Used by the default fetcher instead of the global `fetch`. It has to pass on `init`, with its headers. */
  fetch?: typeof fetch;
  /** The clock, in milliseconds. Default: the wall clock, with the resolution of `performance.now()`. */
  now: () => number;
  /** Numbers from 0 to 1 that spread repeated fetches. Default `Math.random`. */
  random: () => number;
  /** Default `console`. */
  logger: Logger;
};

/** What `createPixstoreFrontend` takes: any of the options. */
export type FrontendConfig = { [Name in keyof FrontendOptions]?: FrontendOptions[Name] | undefined };

/**
 * Checks and completes a configuration.
 *
 * @throws PixstoreError `CONFIG_INVALID`, naming the option
 */
export function readFrontendConfig(config: unknown, fetcher: unknown): FrontendOptions {
  const mebibyte = 1024 * 1024;
  const longestTimer = 2 ** 31 - 1;
  const rules: Record<keyof FrontendOptions, OptionRule> = {
    imageFormats: [isListOf(imageFormats), imageFormats],
    frontendDbName: [isText, 'pixstore'],
    frontendDbVersion: [isWholeNumber(1), 1],
    imageStoreName: [isText, 'images'],
    frontendImageCacheLimit: [isWholeNumber(2), 1000],
    frontendCleanupBatch: [isWholeNumber(1), 50],
    frontendCacheBytes: [isWholeNumber(0)],
    frontendCacheContents: [isOneOf(['encrypted', 'decrypted']), 'encrypted'],
    frontendMemoryCacheBytes: [isWholeNumber(0), 64 * mebibyte],
    // Without a fetcher it is required: what it is by default is no host.
    defaultEndpointConnectHost: [isEndpointHost, fetcher === undefined ? '' : undefined],
    defaultEndpointConnectPort: [isWholeNumber(1, 65535), 7482],
    defaultEndpointRoute: [isRoute, '/pixstore-image'],
    errorHandlingMode: [isOneOf(errorHandlingModes), 'hybrid'],
    fetchTimeout: [isWholeNumber(1, longestTimer), 30_000],
    fetchRetries: [isWholeNumber(0, 10), 2],
    refreshRecords: [isFunction],
    onImageLoad: [isFunction],
    fetch: [isFunction],
    now: [isFunction, () => performance.timeOrigin + performance.now()],
    random: [isFunction, Math.random],
    logger: [isLogger, console],
  };
  const options = readOptions<FrontendOptions>(config, rules, 'initPixstoreFrontend');
  const { frontendCleanupBatch: batch, frontendImageCacheLimit: limit } = options;
  if (batch >= limit) assertOption('frontendCleanupBatch', 'less than "frontendImageCacheLimit"');
  if (fetcher !== undefined) assertOption('customFetcher', isFunction(fetcher));
  return options;
}
