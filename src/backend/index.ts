/** pixstore on the server: keeps images encrypted, hands out records, serves ciphertext. */

export { errorCodes, type PixstoreErrorCode } from '../shared/errors/codes.js';
export type { Logger } from '../shared/errors/gate.js';
export { getLastPixstoreError, setCustomErrorHandler } from '../shared/errors/last-error.js';
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export { WirePayloadState } from '../shared/wire/states.js';
export { type LocalStoreOptions, openLocalStore } from '../stores/local/local-store.js';
export { createMemoryStore } from '../stores/memory/memory-store.js';
export type {
  BackupReport,
  ExpectedToken,
  FolderKey,
  ImageStore,
  ImageVersion,
  KeyRing,
  MaybePromise,
  OpenedPart,
  Part,
  PartName,
  PartRecord,
  Resealed,
  SealedKey,
  StoredPart,
  StoreHealth,
  StoreProblem,
  StoreUsage,
} from '../stores/port.js';
export type { ErrorHandlingMode, ImageFormat, ImageMeta, ImageRecord } from '../types/index.js';
export { createPixstoreBackend } from './backend.js';
export type { BackendConfig, RateLimitOptions } from './config.js';
export {
  customEndpointBatchHelper,
  customEndpointHelper,
  deleteImage,
  deleteImages,
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
export { createFetchHandler, createNodeHandler } from './doors.js';
export type { EndpointTimeouts } from './endpoint/default-server.js';
export type { DoorOptions, RequestInside } from './endpoint/door.js';
export type { FetchHandler } from './endpoint/fetch-handler.js';
export type { NodeHandler } from './endpoint/node-handler.js';
export type { NodeRequest, NodeResponse } from './endpoint/node-http.js';
export type { RateLimiter, RateLimiterFailure } from './endpoint/rate-limit.js';
export type { ServingStats } from './endpoint/serving-stats.js';
export type { DoorTimeouts } from './endpoint/timeouts.js';
export type { SaveOptions } from './images/ids.js';
export type { ImageInput } from './images/to-bytes.js';
export type { AudienceOptions } from './keys/audience.js';
export type { KeyWrapper, WrappingContext } from './keys/key-wrapper.js';
export type { RotateOptions, RotationProgress } from './keys/rotation.js';
export type { BackendStats, PixstoreBackend } from './public-api.js';
