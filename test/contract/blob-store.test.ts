import { describe, test } from 'vitest';
import { createMemoryBlobs } from '../../src/stores/memory/memory-blobs.js';
import { blobStoreSuite } from '../../src/testing/index.js';

describe('blobs in memory', () => {
  blobStoreSuite({ test, open: async () => ({ blobs: createMemoryBlobs(), destroy: async () => {} }) });
});
