import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { s3Blobs } from '../../src/stores/s3/s3-blobs.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';
import { openSqliteRows } from '../support/split/sqlite-rows.js';

describe.skipIf(!s3Server)('rows in SQLite, and blobs on a real S3 server', () => {
  const { client, bucket, newPrefix } = useBucket();

  imageStoreSuite({
    test,
    reads: 1_000,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const prefix = newPrefix();
      const openHere = () =>
        splitStore(openSqliteRows(join(folder, 'images.sqlite')), s3Blobs({ client, bucket, prefix }));
      return { store: openHere(), reopen: async () => openHere(), destroy: () => rm(folder, { recursive: true }) };
    },
  });
});
