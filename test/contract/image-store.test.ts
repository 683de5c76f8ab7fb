import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { openLocalStore } from '../../src/backend/storage/local/local-store.js';
import { createMemoryStore } from '../../src/backend/storage/memory/memory-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';

describe('memory store', () => {
  imageStoreSuite({ test, open: async () => ({ store: createMemoryStore(), destroy: async () => {} }) });
});

describe('local store', () => {
  imageStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const openHere = () =>
        openLocalStore({
          databasePath: join(folder, 'images.sqlite'),
          imageRootDir: join(folder, 'images'),
          sweepAge: 0,
        });
      return {
        store: openHere(),
        reopen: async () => openHere(),
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
});
