import pg from 'pg';
import { afterAll, describe, inject, test } from 'vitest';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';
import { openRows } from '../support/postgres.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';

describe.skipIf(!s3Server)('rows in PostgreSQL, and blobs on a real S3 server', () => {
  const { client, bucket, newPrefix } = useBucket();
  const pool = new pg.Pool({ connectionString: inject('databaseUrl') });

  afterAll(() => pool.end());

  imageStoreSuite({
    test,
    reads: 1_000,
    async open() {
      const { open, destroy } = openRows(pool, { inlineUpTo: 1_000 });
      const prefix = newPrefix();
      const openHere = () => splitStore(open(), s3Blobs({ client, bucket, prefix }));
      return { store: openHere(), reopen: async () => openHere(), destroy };
    },
  });
});
