import type { S3Client } from '@aws-sdk/client-s3';
import { isBoolean, isText, must } from '../../shared/options.js';
import { createObjectBlobs } from '../objects/object-blobs.js';
import { type ObjectBlobsOptions, readObjectBlobsOptions } from '../objects/options.js';
import type { BlobStore } from '../split/blob-store.js';
import { overS3 } from './s3-objects.js';

export interface S3BlobsOptions extends ObjectBlobsOptions {
  /** A client of `@aws-sdk/client-s3`. It stays the application's: nobody else destroys it. */
  client: S3Client;
  bucket: string;
  /**
   * Are blobs written with `If-None-Match: *`, so that none is ever overwritten? Switch it off for a service that refuses
   * such requests. Default: true.
   */
  conditional?: boolean | undefined;
}

const isClient = must(
  'an S3Client of the package @aws-sdk/client-s3',
  (value) => typeof (value as Partial<S3Client> | null)?.send === 'function',
);

/**
 * Keeps blobs in a bucket of S3, or of a service that speaks its language.
 *
 * @throws PixstoreError `CONFIG_INVALID`; what it gives throws `STORAGE_FAILED` and `STORE_TIMEOUT`
 * @example
 * const client = new S3Client({ region: 'eu-central-1' });
 * const store = splitStore(rows, s3Blobs({ client, bucket: 'pictures', prefix: 'pixstore' }));
 */
export function s3Blobs(options: S3BlobsOptions): BlobStore {
  const { client, bucket, conditional, ...settings } = readObjectBlobsOptions<
    Pick<S3BlobsOptions, 'client' | 'bucket' | 'conditional'>
  >(options, { client: [isClient], bucket: [isText], conditional: [isBoolean, true] }, 's3Blobs');
  return createObjectBlobs(overS3({ client, bucket, isConditional: conditional === true }), settings);
}
