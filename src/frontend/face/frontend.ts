import { alwaysThrowing, handleError } from '../../shared/errors/gate.js';
import { forgetLastError } from '../../shared/errors/last-error.js';
import type { ImageFetcher } from '../../types/index.js';
import { createClient } from '../client.js';
import type { ObserverParts } from '../loading/observe.js';
import type { Observers } from '../loading/observers.js';
import type { GetImageOptions } from '../network/demand.js';
import type { AnyFetcher } from '../network/fetch-payload.js';
import { createPayloadSource } from '../network/payload-source.js';
import { guardCallbacks, logFailure, nameOf } from './callbacks.js';
import { type FrontendConfig, readFrontendConfig } from './config.js';
import type { PixstoreFrontend } from './public-api.js';

/** A frontend, and what makes its observers: a page that only gets images loads nothing of those. */
export interface CreatedFrontend<Context> {
  frontend: PixstoreFrontend<Context>;
  /** The same ones each time. */
  observersBy(create: (parts: ObserverParts) => Observers): Observers;
}

/**
 * Makes a frontend: a client, whose errors are what `errorHandlingMode` makes of them.
 *
 * @throws PixstoreError `CONFIG_INVALID`, in every error mode
 */
export function createFrontend<Context = unknown>(
  config?: FrontendConfig,
  fetcher?: ImageFetcher<Context>,
): CreatedFrontend<Context> {
  const options = guardCallbacks(alwaysThrowing(() => readFrontendConfig(config, fetcher)));
  const source = createPayloadSource(options, fetcher as AnyFetcher | undefined);
  const client = createClient({
    options,
    source,
    onLogout: forgetLastError,
    onSubscriberFailed: logFailure('A subscriber', options.logger),
  });

  /** Has what goes wrong treated as the error mode says. */
  async function run<Result>(
    work: () => Result | Promise<Result>,
    { signal }: GetImageOptions = {},
  ): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      // An abort is no failure: it passes every error mode, and is neither logged nor remembered.
      signal?.throwIfAborted();
      return handleError(error, options, nameOf);
    }
  }

  const frontend: PixstoreFrontend<Context> = {
    getImage: (record, context, call) => run(() => client.get(record, context, call), call),

    getImages: (records, context, call) =>
      run(() => Promise.all(client.getAll(records, context, call).map((image) => run(() => image, call))), call),

    getImageUrl: (record, context, call) => run(() => client.getUrl(record, context, call), call),

    peek(record) {
      try {
        return client.peek(record);
      } catch (error) {
        handleError(error, options, nameOf);
        return undefined;
      }
    },

    async prefetchImages(records, context, call) {
      await run(() => client.prefetch(records, context, call), call);
    },

    cacheStats: () => run(client.stats),
    deleteCachedImage: (id) => run(() => client.forget(id)),
    cachedImageExists: (id) => run(() => client.has(id)),

    async clearImageCache(call) {
      await run(() => client.clear(call));
    },

    close: client.close,
  };

  return { frontend, observersBy: client.observersBy };
}
