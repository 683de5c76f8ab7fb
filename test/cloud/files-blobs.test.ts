import { describe, test } from 'vitest';
import { filesBlobs } from '../../src/stores/files/files-blobs.js';
import { blobStoreSuite } from '../../src/testing/index.js';
import { s3Files, s3Server, useBucket } from '../support/s3/bucket.js';

describe.skipIf(!s3Server)('filesBlobs, on a real S3 server', () => {
  const { server, bucket, newPrefix } = useBucket();

  blobStoreSuite({
    test,
    async open() {
      const prefix = newPrefix();
      const openHere = () => filesBlobs({ files: s3Files(server, bucket), prefix });
      return { blobs: openHere(), another: async () => openHere(), destroy: async () => {} };
    },
  });
});
