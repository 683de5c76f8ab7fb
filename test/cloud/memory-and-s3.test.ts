import { describe, test } from 'vitest';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';

describe.skipIf(!s3Server)('rows in memory, and blobs on a real S3 server', () => {
  const { client, bucket, newPrefix } = useBucket();

  imageStoreSuite({
    test,
    reads: 1_000,
    open: async () => ({
      store: splitStore(createMemoryRows({ inlineUpTo: 1_000 }), s3Blobs({ client, bucket, prefix: newPrefix() })),
      destroy: async () => {},
    }),
  });
});
