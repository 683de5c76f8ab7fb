import type { ImageFetcher } from '../../types/index.js';
import type { FrontendConfig, ThrowingConfig } from './config.js';
import { createFrontend } from './frontend.js';
import { cacheStatsOf, observeBytesOf, observeOf, prefetchImagesOf } from './further.js';
import type { ObservableFrontend } from './public-api.js';

/**
 * Creates a frontend of its own, beside or instead of the default one of `initPixstoreFrontend`.
 *
 * @param fetcher - fetches wire payloads in place of the default fetcher
 * @throws PixstoreError `CONFIG_INVALID`, in every error mode
 *
 * @example
 * const frontend = createPixstoreFrontend({ defaultEndpointConnectHost: 'https://img.example.com:443' });
 */
export function createPixstoreFrontend<Context = unknown>(
  config: ThrowingConfig<Context>,
  fetcher?: ImageFetcher<Context>,
): ObservableFrontend<Context, never>;
export function createPixstoreFrontend<Context = unknown>(
  config?: FrontendConfig<Context>,
  fetcher?: ImageFetcher<Context>,
): ObservableFrontend<Context>;
export function createPixstoreFrontend<Context>(
  config?: FrontendConfig<Context>,
  fetcher?: ImageFetcher<Context>,
): ObservableFrontend<Context> {
  const created = createFrontend(config, fetcher);
  return {
    ...created.frontend,
    prefetchImages: prefetchImagesOf(created),
    cacheStats: cacheStatsOf(created),
    observe: observeOf(created),
    observeBytes: observeBytesOf(created),
  };
}
