import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BlobStore } from '../../src/stores/split/blob-store.js';
import { importBlocks } from '../support/code-blocks.js';
import { temporaryFolder } from '../support/folders.js';
import { photo } from '../support/photos.js';
import { s3Server, useBucket } from '../support/s3/bucket.js';

const document = 'docs/object-stores.md';

describe.skipIf(!s3Server)('the blocks of docs/object-stores.md', () => {
  const { server, bucket } = useBucket();

  beforeEach(() => {
    vi.stubEnv('S3_ENDPOINT', server.endpoint);
    vi.stubEnv('S3_REGION', server.region);
    vi.stubEnv('S3_BUCKET', bucket);
    vi.stubEnv('AWS_ACCESS_KEY_ID', server.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.secretAccessKey);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test.each(["from 'pixstore/s3'", "from 'pixstore/files'"])('keep blobs: that with %s', async (text) => {
    const { blobs } = await importBlocks<{ blobs: BlobStore }>(document, text);
    const bytes = Uint8Array.of(1, 2, 3);
    await blobs.write('a/b', bytes);
    expect(await blobs.read('a/b', 3)).toEqual(Buffer.from(bytes));
    await blobs.remove('a/b');
    expect(await blobs.size('a/b')).toBe(null);
  });

  test("keep images: that with from './s3.js'", async () => {
    const folder = await temporaryFolder();
    const before = process.cwd();
    process.chdir(folder);
    try {
      await writeFile(join(folder, 'photo.jpg'), photo('rocket.jpg'));
      vi.spyOn(console, 'warn').mockReturnValue(); // bundled, it writes on the main thread
      const log = vi.spyOn(console, 'log').mockReturnValue();
      await importBlocks(document, "from './s3.js'");
      expect(log).toHaveBeenCalledWith(expect.objectContaining({ format: 'jpg' }));
    } finally {
      process.chdir(before);
    }
  });
});
