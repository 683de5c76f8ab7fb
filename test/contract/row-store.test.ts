import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { createMemoryRows } from '../../src/stores/memory/memory-rows.js';
import { rowStoreSuite } from '../../src/testing/index.js';
import { openSqliteRows } from '../support/split/sqlite-rows.js';

describe('rows in memory', () => {
  rowStoreSuite({ test, open: async () => ({ rows: createMemoryRows(), destroy: async () => {} }) });
});

describe('rows in SQLite', () => {
  rowStoreSuite({
    test,
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'pixstore-'));
      const openRows = async () => openSqliteRows(join(folder, 'images.sqlite'));
      return {
        rows: await openRows(),
        another: openRows,
        reopen: openRows,
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
});
