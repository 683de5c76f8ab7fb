/** The browser side of pixstore. Importing it does nothing: it can be imported in Node, for server-side rendering. */
export { getLastPixstoreError, setCustomErrorHandler } from '../shared/errors/last-error.js';
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export type { ErrorHandlingMode, ImageFetcher, ImageFormat, ImageMeta, ImageRecord } from '../types/index.js';
export type { ClearOptions } from './client.js';
export type { FrontendConfig } from './face/config.js';
export { createPixstoreFrontend } from './face/create-frontend.js';
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
  observeImageBytes,
  prefetchImages,
} from './face/default-instance.js';
export { type PaintedElement, type PaintOptions, paintImage } from './face/paint-image.js';
export type { ObservableFrontend, PixstoreFrontend } from './face/public-api.js';
export { uploadImage } from './face/upload-image.js';
export type { CacheStats, TierStats } from './loading/cache-stats.js';
export type { BytesSnapshot, ImageObserver, ImageSnapshot, ObserveOptions } from './loading/image-observer.js';
export type { ImageSource } from './loading/load-image.js';
export type { ImageLoadInfo } from './loading/load-info.js';
export type { GetImageUrlOptions, ImageUrl } from './loading/object-urls.js';
export { pickVariant } from './loading/pick-variant.js';
export { placeholderUrl } from './loading/placeholder-url.js';
export type { FetchPriority, GetImageOptions } from './network/demand.js';
export type { RefreshRecords } from './network/refresh.js';
export { drawPlaceholder } from './showing/draw-placeholder.js';
export type { ImageState, ObservingFrontend } from './showing/image-view.js';
export type { UploadCredentials, UploadImageOptions, UploadProgress } from './uploading/upload-options.js';
