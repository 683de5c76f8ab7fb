import type { Files } from 'files-sdk';
import { must } from '../../shared/options.js';
import { createObjectBlobs } from '../objects/object-blobs.js';
import { type ObjectBlobsOptions, readObjectBlobsOptions } from '../objects/options.js';
import type { BlobStore } from '../split/blob-store.js';
import { overFiles } from './files-objects.js';

export interface FilesBlobsOptions extends ObjectBlobsOptions {
  /** The bucket, as `files-sdk` reaches it. */
  files: Files;
}

const isFiles = must('a Files of the package files-sdk', (value) => {
  const files = value as Partial<Files> | null;
  return typeof files?.upload === 'function' && typeof files.download === 'function';
});

/**
 * Keeps blobs on whatever object store `files-sdk` reaches: S3, R2, MinIO, Azure, Google Cloud and others. It must list names
 * in the order of their bytes, and show at once what was written: `blobStoreSuite` of `pixstore/testing` finds out.
 *
 * @throws PixstoreError `CONFIG_INVALID`; what it gives throws `STORAGE_FAILED` and `STORE_TIMEOUT`
 * @example
 * const files = new Files({ adapter: s3({ bucket: 'pictures', region: 'eu-central-1' }) });
 * const store = splitStore(rows, filesBlobs({ files, prefix: 'pixstore' }));
 */
export function filesBlobs(options: FilesBlobsOptions): BlobStore {
  const { files, ...settings } = readObjectBlobsOptions<Pick<FilesBlobsOptions, 'files'>>(
    options,
    { files: [isFiles] },
    'filesBlobs',
  );
  return createObjectBlobs(overFiles(files), settings);
}
