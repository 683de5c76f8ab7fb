import { describe, expect, test, vi } from 'vitest';
import type { BlobStore } from '../../src/stores/split/blob-store.js';
import { importBlocks } from '../support/code-blocks.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';

describe.skipIf(!s3Server)('the blocks of docs/object-stores.md', () => {
  const { server, bucket } = useBucket();

  test.each(["from 'pixstore/s3'", "from 'pixstore/files'"])('keep blobs: that with %s', async (text) => {
    vi.stubEnv('S3_ENDPOINT', server.endpoint);
    vi.stubEnv('S3_REGION', server.region);
    vi.stubEnv('S3_BUCKET', bucket);
    vi.stubEnv('AWS_ACCESS_KEY_ID', server.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.secretAccessKey);
    const { blobs } = await importBlocks<{ blobs: BlobStore }>('docs/object-stores.md', text);
    const bytes = Uint8Array.of(1, 2, 3);
    await blobs.write('a/b', bytes);
    expect(await blobs.read('a/b', 3)).toEqual(Buffer.from(bytes));
    await blobs.remove('a/b');
    expect(await blobs.size('a/b')).toBe(null);
    vi.unstubAllEnvs();
  });
});
