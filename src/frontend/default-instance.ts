import { alwaysThrowing } from '../shared/errors/gate.js';
import { PixstoreError } from '../shared/errors/pixstore-error.js';
import type { ImageFetcher, ImageRecord } from '../types/index.js';
import type { FrontendConfig } from './config.js';
import type { GetImageOptions } from './fetching/demand.js';
import { createPixstoreFrontend } from './frontend.js';
import type { PixstoreFrontend } from './public-api.js';

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
