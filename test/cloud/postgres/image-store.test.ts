import pg from 'pg';
import { afterAll, describe, inject, test } from 'vitest';
import { createMemoryBlobs } from '../../../src/stores/memory/memory-blobs.js';
import { splitStore } from '../../../src/stores/split/split-store.js';
import { imageStoreSuite } from '../../../src/testing/index.js';
import { openRows } from '../../support/postgres.js';

const pool = new pg.Pool({ connectionString: inject('databaseUrl') });

afterAll(() => pool.end());

describe('rows in PostgreSQL, small ciphertexts among them, and blobs in memory', () => {
  imageStoreSuite({
    test,
    async open() {
      const { open, destroy } = openRows(pool, { inlineUpTo: 1_000 });
      const blobs = createMemoryBlobs();
      const openHere = () => splitStore(open(), blobs, { sweepAge: 0 });
      return { store: openHere(), reopen: async () => openHere(), destroy };
    },
  });
});
