import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalStore as openBuiltStore } from 'pixstore/backend';
import { describe, test } from 'vitest';
import { openLocalStore } from '../../src/stores/local/local-store.js';
import { createMemoryStore } from '../../src/stores/memory/memory-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';

describe('memory store', () => {
  imageStoreSuite({ test, open: async () => ({ store: createMemoryStore(), destroy: async () => {} }) });
});

// The thread has a file of its own, which is there once the library is built.
describe.each([
  ['local store', openLocalStore, 'inline'],
  ['local store, built, with its writer thread', openBuiltStore, 'thread'],
] as const)('%s', (_, openStore, writer) => {
  imageStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const openHere = () =>
        openStore({
          databasePath: join(folder, 'images.sqlite'),
          imageRootDir: join(folder, 'images'),
          sweepAge: 0,
          writer,
        });
      return { store: openHere(), reopen: async () => openHere(), destroy: () => rm(folder, { recursive: true }) };
    },
  });
});
