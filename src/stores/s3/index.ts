/** pixstore/s3: blobs on S3 and what speaks its language, by a client of the application's. */

export type { BlobStore } from '../split/blob-store.js';
export { type S3BlobsOptions, s3Blobs } from './s3-blobs.js';
