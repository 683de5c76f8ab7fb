import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import type { BlobStore } from '../../src/stores/split/blob-store.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { blobStoreSuite, imageStoreSuite } from '../../src/testing/index.js';
import { importBlocks } from '../support/code-blocks.js';

const { folderBlobs } = await importBlocks<{ folderBlobs(folder: string): BlobStore }>(
  'docs/custom-store.md',
  'export function folderBlobs',
);

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'pixstore-'));

describe('the store of blobs of docs/custom-store.md', () => {
  blobStoreSuite({
    test,
    async open() {
      const folder = await temporaryFolder();
      return {
        blobs: folderBlobs(folder),
        another: async () => folderBlobs(folder),
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
});

describe('rows in memory, and the blobs of docs/custom-store.md', () => {
  imageStoreSuite({
    test,
    async open() {
      const folder = await temporaryFolder();
      return {
        store: splitStore(createMemoryRows({ inlineUpTo: 10_000 }), folderBlobs(folder)),
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
});
