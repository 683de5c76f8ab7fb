import type { Logger } from '../../shared/errors/gate.js';
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
} from '../../shared/options.js';
import { imageFormats } from '../../shared/protocol/formats.js';
import type { ErrorHandlingMode } from '../../types/index.js';
import type { ClientOptions } from '../client.js';
import { isEndpointHost } from '../network/endpoint-url.js';
import type { SourceOptions } from '../network/payload-source.js';
import type { RefreshRecords } from '../network/refresh.js';

/** Options of a frontend, checked and with their defaults filled in: those of all its rooms, and of this one. */
export interface FrontendOptions extends ClientOptions, SourceOptions {
  /** What a failing call does. Default `hybrid`. */
  errorHandlingMode: ErrorHandlingMode;
  /** Default `console`. */
  logger: Logger;
}

/** What `createPixstoreFrontend` takes: any of the options. `Context` is what its calls hand to functions of yours. */
export type FrontendConfig<Context = unknown> = {
  [Name in keyof FrontendOptions]?:
    | (Name extends 'refreshRecords' ? RefreshRecords<Context> : FrontendOptions[Name])
    | undefined;
};

/** One with which no call gives null for an error. */
export type ThrowingConfig<Context = unknown> = FrontendConfig<Context> & { errorHandlingMode: 'throw' };

/** The time in milliseconds, with the resolution of `performance.now()`. */
export const wallClock = () => performance.timeOrigin + performance.now();

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
    now: [isFunction, wallClock],
    random: [isFunction, Math.random],
    logger: [isLogger, console],
  };
  const options = readOptions<FrontendOptions>(config, rules, 'initPixstoreFrontend');
  const { frontendCleanupBatch: batch, frontendImageCacheLimit: limit } = options;
  if (batch >= limit) assertOption('frontendCleanupBatch', 'less than "frontendImageCacheLimit"');
  if (fetcher !== undefined) assertOption('customFetcher', isFunction(fetcher));
  return options;
}
