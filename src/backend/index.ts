/** pixstore on the server: keeps images encrypted, hands out records, serves ciphertext. */

export { errorCodes, type PixstoreErrorCode } from '../shared/errors/codes.js';
export { type ErrorResponse, errorResponse } from '../shared/errors/error-response.js';
export type { Logger } from '../shared/errors/gate.js';
export { PixstoreError } from '../shared/errors/pixstore-error.js';
export { WirePayloadState } from '../shared/protocol/states.js';
export { fileBlobs } from '../stores/local/file-blobs.js';
export { type LocalStoreOptions, openLocalStore } from '../stores/local/local-store.js';
export { createMemoryBlobs } from '../stores/memory/memory-blobs.js';
export { createMemoryRows, type MemoryRowsOptions } from '../stores/memory/memory-rows.js';
export { createMemoryStore } from '../stores/memory/memory-store.js';
export type {
  BackupReport,
  ExpectedToken,
  FolderKey,
  ImageStore,
  ImageVersion,
  KeyRing,
  LeftoverOptions,
  MaybePromise,
  MissingOptions,
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
export { generationOf, isExpected, maxChunkBytes, openInMemory, storeClosed } from '../stores/port.js';
export type { BlobStore, OpenBlob } from '../stores/split/blob-store.js';
export type {
  Erasure,
  FoundPart,
  KeepOutcome,
  PlacedPart,
  RowIdentity,
  RowPart,
  RowStore,
  RowVersion,
  SessionRow,
  Walk,
} from '../stores/split/row-store.js';
export { type SplitStoreOptions, splitStore } from '../stores/split/split-store.js';
export type { ErrorHandlingMode, ImageFormat, ImageMeta, ImageRecord } from '../types/index.js';
export type { BackupProgress } from './copies/backups/backing-up.js';
export type { BackUpOptions } from './copies/backups/options.js';
export type { BackupInfo, PrunedBackups } from './copies/backups/pruning.js';
export type { RestoreOptions, RestoreProgress } from './copies/backups/restoring.js';
export type { VerifyOptions, VerifyProgress } from './copies/backups/verifying.js';
export type { CopyFailure } from './copies/copied-image.js';
export type { CopyOptions } from './copies/copy-store.js';
export type { CopyProgress } from './copies/copying.js';
export type { WorkOptions } from './copies/options.js';
export type { PixstoreEvent, ServeEvent } from './diagnostics.js';
export { createPixstoreBackend } from './face/backend.js';
export { type BackupPlace, listBackups, pruneBackups } from './face/backup-place.js';
export type { BackendConfig, RateLimitOptions } from './face/config.js';
export { type CopyStoreOptions, copyStore } from './face/copy-store.js';
export {
  customEndpointBatchHelper,
  customEndpointHelper,
  deleteImage,
  deleteImages,
  getImageRecord,
  getImageRecords,
  imageExists,
  initPixstoreBackend,
  listImages,
  readImage,
  saveImage,
  saveImageFromFile,
  updateImage,
  updateImageFromFile,
} from './face/default-instance.js';
export { getLastPixstoreError, setCustomErrorHandler } from './face/errors.js';
export { createFetchHandler, createNodeHandler } from './face/handlers.js';
export { createImageHandler, type ImageHandlerOptions } from './face/image-handler.js';
export type { BackendStats, PixstoreBackend } from './face/public-api.js';
export { createUploadHandler } from './face/upload-handler.js';
export type { CheckProblem, ProblemKind } from './images/check-problems.js';
export type { CheckOptions, CheckStep } from './images/checking.js';
export type { SaveOptions } from './images/ids.js';
export type { StripMetadata } from './images/metadata/strip.js';
export type { ImageProcessing, MadeVariant, Picture, Processed, Wanted } from './images/processing-port.js';
export type { Rate } from './images/rate.js';
export type { ListedImage, ListOptions, ReadOptions, StoredImage } from './images/reading.js';
export type { RebuildOptions, RebuiltImage } from './images/rebuilding.js';
export type { RecordOptions } from './images/records.js';
export type { ReencryptedImage, ReencryptOptions } from './images/reencryption.js';
export type { SweepOptions, SweptPiece } from './images/sweeping.js';
export type { ImageInput } from './images/to-bytes.js';
export type { AudienceOptions } from './keys/audience.js';
export type { KeyWrapper, WrappingContext } from './keys/key-wrapper.js';
export type { KeyOverview, StoreKeyInfo } from './keys/overview.js';
export type { RotateOptions, RotationProgress } from './keys/rotation.js';
export type { ExportedImage, ExportOptions } from './moving/exporting.js';
export type { ImportedImage, ImportFrom, ImportOptions } from './moving/importing.js';
export type { MigratedImage, MigrationOptions } from './moving/migrating.js';
export type { ImportSource } from './moving/sources.js';
export type { EndpointTimeouts } from './servers/default-server.js';
export type { EitherHandler } from './servers/either-handler.js';
export type { FetchHandler } from './servers/fetch-handler.js';
export type { NodeHandler } from './servers/node-handler.js';
export type { NodeRequest, NodeResponse } from './servers/node-http.js';
export type { HandlerOptions, RequestInside } from './serving/handler.js';
export type { RateLimiter, RateLimiterFailure } from './serving/rate-limit.js';
export type { ServingStats } from './serving/serving-stats.js';
export type { HandlerTimeouts } from './serving/timeouts.js';
export type { UploadOptions } from './serving/uploads/upload-options.js';
