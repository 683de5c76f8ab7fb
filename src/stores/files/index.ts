/** pixstore/files: blobs on any object store that the package files-sdk reaches. */

export type { BlobStore } from '../split/blob-store.js';
export { type FilesBlobsOptions, filesBlobs } from './files-blobs.js';
