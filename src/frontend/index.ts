/** The browser side of pixstore. Importing it does nothing: it can be imported in Node, for server-side rendering. */
export { getLastPixstoreError, setCustomErrorHandler } from '../shared/errors/last-error.js';
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export type { ErrorHandlingMode, ImageFetcher, ImageFormat, ImageMeta, ImageRecord } from '../types/index.js';
export type { FrontendConfig, ImageLoadInfo, ImageSource } from './config.js';
export {
  cachedImageExists,
  clearImageCache,
  deleteCachedImage,
  getImage,
  initPixstoreFrontend,
} from './default-instance.js';
export type { FetchPriority, GetImageOptions } from './fetching/demand.js';
export { createPixstoreFrontend } from './frontend.js';
export type { PixstoreFrontend } from './public-api.js';
