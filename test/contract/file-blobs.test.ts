import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Files } from 'files-sdk';
import { fs } from 'files-sdk/fs';
import { describe, test } from 'vitest';
import { filesBlobs } from '../../src/stores/files/files-blobs.js';
import { fileBlobs } from '../../src/stores/folder/file-blobs.js';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import type { BlobStore } from '../../src/stores/split/blob-store.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { blobStoreSuite, imageStoreSuite } from '../../src/testing/index.js';

const kinds: [string, (folder: string) => BlobStore][] = [
  ['fileBlobs', (folder) => fileBlobs(join(folder, 'deep', 'blobs'))],
  ['filesBlobs, by files-sdk', (folder) => filesBlobs({ files: new Files({ adapter: fs({ root: folder }) }) })],
];

describe.each(kinds)('%s, in a folder', (_name, openIn) => {
  blobStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      return {
        blobs: openIn(folder),
        another: async () => openIn(folder),
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
});

describe('rows in memory, and blobs in a folder', () => {
  imageStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      return {
        store: splitStore(createMemoryRows({ inlineUpTo: 1_000 }), fileBlobs(folder)),
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
});
