import { alwaysThrowing } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { ImageFetcher, ImageRecord } from '../types/index.js';
import type { FrontendConfig } from './config.js';
import type { GetImageOptions } from './fetching/demand.js';
import { createPixstoreFrontend } from './frontend.js';
import type { ImageUrl } from './object-urls.js';
import type { CacheStats, PixstoreFrontend } from './public-api.js';

let instance: PixstoreFrontend | undefined;

/**
 * Sets up the one frontend that the module's own functions use. Called again, it closes the first one and takes its
 * place, because development servers reload modules.
 *
 * @returns the instance
 * @throws PixstoreError `CONFIG_INVALID`; the frontend that was there before stays
 *
 * @example
 * initPixstoreFrontend({ defaultEndpointConnectHost: 'https://img.example.com:443' });
 */
export function initPixstoreFrontend<Context = unknown>(
  config?: FrontendConfig,
  customFetcher?: ImageFetcher<Context>,
): PixstoreFrontend<Context> {
  const created = createPixstoreFrontend(config, customFetcher);
  instance?.close();
  instance = created as PixstoreFrontend;
  return created;
}

/** `getImage` of the default frontend; see {@link PixstoreFrontend.getImage}. Rejects with `FRONTEND_NOT_INITIALIZED`. */
export async function getImage(
  record: ImageRecord,
  context?: unknown,
  options?: GetImageOptions,
): Promise<Blob | null> {
  return defaultInstance('getImage').getImage(record, context, options);
}

/** `getImages` of the default frontend; see {@link PixstoreFrontend.getImages}. */
export async function getImages(
  records: readonly ImageRecord[],
  context?: unknown,
  options?: GetImageOptions,
): Promise<(Blob | null)[] | null> {
  return defaultInstance('getImages').getImages(records, context, options);
}

/** `getImageUrl` of the default frontend; see {@link PixstoreFrontend.getImageUrl}. */
export async function getImageUrl(
  record: ImageRecord,
  context?: unknown,
  options?: GetImageOptions,
): Promise<ImageUrl | null> {
  return defaultInstance('getImageUrl').getImageUrl(record, context, options);
}

/** `prefetchImages` of the default frontend; see {@link PixstoreFrontend.prefetchImages}. */
export async function prefetchImages(
  records: readonly ImageRecord[],
  context?: unknown,
  options?: GetImageOptions,
): Promise<void> {
  return defaultInstance('prefetchImages').prefetchImages(records, context, options);
}

/** `cacheStats` of the default frontend; see {@link PixstoreFrontend.cacheStats}. */
export async function cacheStats(): Promise<CacheStats | null> {
  return defaultInstance('cacheStats').cacheStats();
}

/** `deleteCachedImage` of the default frontend; see {@link PixstoreFrontend.deleteCachedImage}. */
export async function deleteCachedImage(id: string): Promise<boolean | null> {
  return defaultInstance('deleteCachedImage').deleteCachedImage(id);
}

/** `cachedImageExists` of the default frontend; see {@link PixstoreFrontend.cachedImageExists}. */
export async function cachedImageExists(id: string): Promise<boolean | null> {
  return defaultInstance('cachedImageExists').cachedImageExists(id);
}

/** `clearImageCache` of the default frontend; see {@link PixstoreFrontend.clearImageCache}. */
export async function clearImageCache(): Promise<void> {
  return defaultInstance('clearImageCache').clearImageCache();
}

function defaultInstance(caller: string): PixstoreFrontend {
  return alwaysThrowing(() => {
    if (instance) return instance;
    throw new PixstoreError('FRONTEND_NOT_INITIALIZED', `Call initPixstoreFrontend before ${caller}.`);
  });
}
