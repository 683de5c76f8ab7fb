/** The browser side of pixstore. Importing it does nothing: it can be imported in Node, for server-side rendering. */
export { getLastPixstoreError, setCustomErrorHandler } from '../shared/errors/last-error.js';
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export type { ErrorHandlingMode, ImageFetcher, ImageFormat, ImageMeta, ImageRecord } from '../types/index.js';
export type { FrontendConfig, ImageLoadInfo, ImageSource } from './config.js';
export { createPixstoreFrontend } from './create-frontend.js';
export {
  cachedImageExists,
  cacheStats,
  clearImageCache,
  deleteCachedImage,
  getImage,
  getImages,
  getImageUrl,
  initPixstoreFrontend,
  observeImage,
  prefetchImages,
} from './default-instance.js';
export type { FetchPriority, GetImageOptions } from './fetching/demand.js';
export type { RefreshRecords } from './fetching/refresh.js';

export type { ImageUrl } from './object-urls.js';
export type {
  CacheStats,
  ClearOptions,
  ImageObserver,
  ImageSnapshot,
  ObservableFrontend,
  ObserveOptions,
  PixstoreFrontend,
  TierStats,
} from './public-api.js';
