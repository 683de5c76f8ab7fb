import type { ImageFetcher } from '../../types/index.js';
import { createObservers } from '../loading/observers.js';
import type { FrontendConfig, ThrowingConfig } from './config.js';
import { createFrontend } from './frontend.js';
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
  config: ThrowingConfig,
  fetcher?: ImageFetcher<Context>,
): ObservableFrontend<Context, never>;
export function createPixstoreFrontend<Context = unknown>(
  config?: FrontendConfig,
  fetcher?: ImageFetcher<Context>,
): ObservableFrontend<Context>;
export function createPixstoreFrontend<Context>(
  config?: FrontendConfig,
  fetcher?: ImageFetcher<Context>,
): ObservableFrontend<Context> {
  const { frontend, observersBy } = createFrontend(config, fetcher);
  return { ...frontend, observe: observersBy(createObservers).observe };
}
