import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, inject, test } from 'vitest';
import { fileBlobs } from '../../src/backend/index.js';
import { splitStore } from '../../src/stores/split/split-store.js';
import { imageStoreSuite } from '../../src/testing/index.js';
import { openRows } from '../support/postgres.js';

describe('rows in PostgreSQL, and blobs in a folder', () => {
  const pool = new pg.Pool({ connectionString: inject('databaseUrl') });

  afterAll(() => pool.end());

  imageStoreSuite({
    test,
    async open() {
      const { open, destroy } = openRows(pool, { inlineUpTo: 1_000 });
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const openHere = () => splitStore(open(), fileBlobs(folder), { sweepAge: 0 });
      return {
        store: openHere(),
        reopen: async () => openHere(),
        async destroy() {
          await destroy();
          await rm(folder, { recursive: true });
        },
      };
    },
  });
});
