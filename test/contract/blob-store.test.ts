import { describe, test } from 'vitest';
import { fileBlobs } from '../../src/stores/local/file-blobs.js';
import { createMemoryBlobs } from '../../src/stores/memory/memory-blobs.js';
import { blobStoreSuite } from '../../src/testing/index.js';
import { quickFolder } from '../fault/support/quick-folder.js';

describe('blobs in memory', () => {
  blobStoreSuite({ test, open: async () => ({ blobs: createMemoryBlobs(), destroy: async () => {} }) });
});

describe('blobs in files of a folder', () => {
  blobStoreSuite({
    test,
    async open() {
      const folder = await quickFolder();
      return { blobs: fileBlobs(folder), another: async () => fileBlobs(folder), destroy: async () => {} };
    },
  });
});
