import { alwaysThrowing } from '../../shared/errors/gate.js';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { ImageFetcher } from '../../types/index.js';
import type { FrontendConfig, ThrowingConfig } from './config.js';
import { type CreatedFrontend, createFrontend } from './frontend.js';
import { cacheStatsOf, observeBytesOf, observeOf, prefetchImagesOf } from './further.js';
import type { ObservableFrontend, PixstoreFrontend } from './public-api.js';

let instance: CreatedFrontend<unknown> | undefined;

/**
 * Sets up the one frontend that the module's own functions use. Called again, as where development servers reload modules,
 * it makes another one that takes its place: calls under way finish, and URLs that are shown stay until they are released,
 * or the user logs out; new calls of the old one are `FRONTEND_CLOSED`.
 *
 * @returns the instance
 * @throws PixstoreError `CONFIG_INVALID`; the frontend that was there before stays
 *
 * @example
 * initPixstoreFrontend({ defaultEndpointConnectHost: 'https://img.example.com:443' });
 */
export function initPixstoreFrontend<Context = unknown>(
  config: ThrowingConfig<Context>,
  customFetcher?: ImageFetcher<Context>,
): PixstoreFrontend<Context, never>;
export function initPixstoreFrontend<Context = unknown>(
  config?: FrontendConfig<Context>,
  customFetcher?: ImageFetcher<Context>,
): PixstoreFrontend<Context>;
export function initPixstoreFrontend<Context>(
  config?: FrontendConfig<Context>,
  customFetcher?: ImageFetcher<Context>,
): PixstoreFrontend<Context> {
  const created = createFrontend(config, customFetcher, instance?.client);
  instance = created as CreatedFrontend<unknown>;
  return created.frontend;
}

/** `getImage` of the default frontend; see {@link PixstoreFrontend.getImage}. Rejects with `FRONTEND_NOT_INITIALIZED`. */
export const getImage = /* @__PURE__ */ ofDefaultInstance('getImage');

/** `getImages` of the default frontend; see {@link PixstoreFrontend.getImages}. */
export const getImages = /* @__PURE__ */ ofDefaultInstance('getImages');

/** `getImageUrl` of the default frontend; see {@link PixstoreFrontend.getImageUrl}. */
export const getImageUrl = /* @__PURE__ */ ofDefaultInstance('getImageUrl');

/** `prefetchImages` of the default frontend; see {@link ObservableFrontend.prefetchImages}. */
export const prefetchImages: ObservableFrontend['prefetchImages'] = async (...given) =>
  prefetchImagesOf(current('prefetchImages'))(...given);

/** `deleteCachedImage` of the default frontend; see {@link PixstoreFrontend.deleteCachedImage}. */
export const deleteCachedImage = /* @__PURE__ */ ofDefaultInstance('deleteCachedImage');

/** `cachedImageExists` of the default frontend; see {@link PixstoreFrontend.cachedImageExists}. */
export const cachedImageExists = /* @__PURE__ */ ofDefaultInstance('cachedImageExists');

/** `clearImageCache` of the default frontend; see {@link PixstoreFrontend.clearImageCache}. */
export const clearImageCache = /* @__PURE__ */ ofDefaultInstance('clearImageCache');

/** `cacheStats` of the default frontend; see {@link ObservableFrontend.cacheStats}. */
export const cacheStats: ObservableFrontend['cacheStats'] = async () => cacheStatsOf(current('cacheStats'))();

/** `observe` of the default frontend; see {@link ObservableFrontend.observe}. @throws `FRONTEND_NOT_INITIALIZED` */
export const observeImage: ObservableFrontend['observe'] = (...given) =>
  observeOf(current('images are shown'))(...given);

/** `observeBytes` of the default frontend; see {@link ObservableFrontend.observeBytes}. @throws `FRONTEND_NOT_INITIALIZED` */
export const observeImageBytes: ObservableFrontend['observeBytes'] = (...given) =>
  observeBytesOf(current('images are shown'))(...given);

/** A method as a function of its own, that works on whatever instance is the default one when it is called. */
function ofDefaultInstance<Name extends Exclude<keyof PixstoreFrontend, 'close' | 'peek'>>(
  name: Name,
): PixstoreFrontend[Name] {
  const call = async (...given: unknown[]): Promise<unknown> =>
    (current(name).frontend[name] as (...given: unknown[]) => unknown)(...given);
  return call as PixstoreFrontend[Name];
}

function current(caller: string): CreatedFrontend<unknown> {
  return alwaysThrowing(() => {
    if (instance) return instance;
    throw new PixstoreError('FRONTEND_NOT_INITIALIZED', `Call initPixstoreFrontend before ${caller}.`);
  });
}
