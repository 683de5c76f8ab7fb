import { describe, test } from 'vitest';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { blobStoreSuite } from '../../src/testing/index.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';

describe.skipIf(!s3Server)('s3Blobs, on a real S3 server', () => {
  const { client, bucket, newPrefix } = useBucket();

  blobStoreSuite({
    test,
    async open() {
      const prefix = newPrefix();
      const openHere = () => s3Blobs({ client, bucket, prefix });
      return { blobs: openHere(), another: async () => openHere(), destroy: async () => {} };
    },
  });
});
