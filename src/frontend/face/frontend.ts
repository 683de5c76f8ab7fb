import { alwaysThrowing, handleError } from '../../shared/errors/gate.js';
import { forgetLastError } from '../../shared/errors/last-error.js';
import type { ImageFetcher } from '../../types/index.js';
import { type Client, createClient } from '../client.js';
import type { GetImageOptions } from '../network/demand.js';
import type { AnyFetcher } from '../network/fetch-payload.js';
import { createPayloadSource } from '../network/payload-source.js';
import { guardCallbacks, nameOf } from './callbacks.js';
import { type FrontendConfig, type FrontendOptions, readFrontendConfig } from './config.js';
import type { PixstoreFrontend } from './public-api.js';

/** A frontend, and what the rest of the face needs of it: a page loads of that only what it uses. */
export interface CreatedFrontend<Context> {
  frontend: PixstoreFrontend<Context>;
  client: Client;
  options: FrontendOptions;
  /** Has what goes wrong treated as the error mode says. */
  run<Result>(work: () => Result | Promise<Result>, call?: GetImageOptions): Promise<Result | null>;
}

/**
 * Makes a frontend: a client, whose errors are what `errorHandlingMode` makes of them.
 *
 * @param predecessor - is retired, and knows of logouts from now on by this frontend
 * @throws PixstoreError `CONFIG_INVALID`, in every error mode; the predecessor stays as it is
 */
export function createFrontend<Context = unknown>(
  config?: FrontendConfig<Context>,
  fetcher?: ImageFetcher<Context>,
  predecessor?: Client,
): CreatedFrontend<Context> {
  const options = guardCallbacks(alwaysThrowing(() => readFrontendConfig(config, fetcher)));
  const source = createPayloadSource(options, fetcher as AnyFetcher | undefined);
  const client = createClient({
    options,
    source,
    onLogout(keepShown) {
      forgetLastError();
      predecessor?.logOut(keepShown);
    },
  });

  predecessor?.retire();

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
      run(
        () => Promise.all(client.getAll(records, context, call).map((image) => image && run(() => image, call))),
        call,
      ),

    getImageUrl: (record, context, call) => run(() => client.getUrl(record, context, call), call),

    peek(record) {
      try {
        return client.findInMemory(record)?.image;
      } catch (error) {
        handleError(error, options, nameOf);
        return undefined;
      }
    },

    deleteCachedImage: (id) => run(() => client.forget(id)),
    cachedImageExists: (id) => run(() => client.has(id)),

    async clearImageCache(call) {
      await run(() => client.clear(call));
    },

    close: client.close,
  };

  return { frontend, client, options, run };
}
