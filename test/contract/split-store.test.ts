import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { fileBlobs } from '../../src/stores/folder/file-blobs.js';
import { createMemoryBlobs } from '../../src/stores/memory/memory-blobs.js';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';
import { asynchronous } from '../support/split/asynchronous-rows.js';
import { openSqliteRows } from '../support/split/sqlite-rows.js';

describe.each([0, 1_000])(
  'rows in memory, ciphertexts of up to %i bytes among them, and blobs in memory',
  (inlineUpTo) => {
    imageStoreSuite({
      test,
      open: async () => ({
        store: splitStore(createMemoryRows({ inlineUpTo }), createMemoryBlobs()),
        destroy: async () => {},
      }),
    });
  },
);

describe('rows that answer with promises, and blobs in memory', () => {
  imageStoreSuite({
    test,
    open: async () => ({
      store: splitStore(asynchronous(createMemoryRows({ inlineUpTo: 1_000 })), createMemoryBlobs()),
      destroy: async () => {},
    }),
  });
});

describe('rows in SQLite, and blobs in memory', () => {
  imageStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const blobs = createMemoryBlobs();
      const openHere = () => splitStore(openSqliteRows(join(folder, 'images.sqlite')), blobs);
      return { store: openHere(), reopen: async () => openHere(), destroy: () => rm(folder, { recursive: true }) };
    },
  });
});

describe('rows in SQLite, and blobs in a folder', () => {
  imageStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const openHere = () =>
        splitStore(openSqliteRows(join(folder, 'images.sqlite')), fileBlobs(join(folder, 'blobs')));
      return { store: openHere(), reopen: async () => openHere(), destroy: () => rm(folder, { recursive: true }) };
    },
  });
});
