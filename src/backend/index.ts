/** pixstore on the server: keeps images encrypted, hands out records, serves ciphertext. */

export { errorCodes, type PixstoreErrorCode } from '../shared/errors/codes.js';
export type { Logger } from '../shared/errors/gate.js';
export { getLastPixstoreError, setCustomErrorHandler } from '../shared/errors/last-error.js';
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export { WirePayloadState } from '../shared/wire/states.js';
export type { ErrorHandlingMode, ImageFormat, ImageMeta, ImageRecord } from '../types/index.js';
export { createPixstoreBackend } from './backend.js';
export type { BackendConfig } from './config.js';
export {
  customEndpointHelper,
  deleteImage,
  getImageRecord,
  getImageRecords,
  imageExists,
  initPixstoreBackend,
  saveImage,
  saveImageFromFile,
  updateImage,
  updateImageFromFile,
} from './default-instance.js';
export type { PixstoreEvent } from './diagnostics.js';
export type { SaveOptions } from './images/ids.js';
export type { ImageInput } from './images/to-bytes.js';
export type { BackendStats, PixstoreBackend } from './public-api.js';
export { type LocalStoreOptions, openLocalStore } from './storage/local/local-store.js';
export { createMemoryStore } from './storage/memory/memory-store.js';
export type {
  ImageStore,
  ImageVersion,
  MaybePromise,
  OpenedPart,
  Part,
  PartRecord,
  StoredPart,
  StoreProblem,
  StoreUsage,
} from './storage/port.js';
