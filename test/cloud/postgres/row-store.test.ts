import pg from 'pg';
import { afterAll, describe, inject, test } from 'vitest';
import { rowStoreSuite } from '../../../src/testing/index.js';
import { openRows } from '../../support/postgres.js';

const url = inject('databaseUrl');

function suiteOn(pool: pg.Pool, options: { prepare?: boolean } = {}): void {
  afterAll(() => pool.end());
  rowStoreSuite({
    test,
    async open() {
      const { open, destroy } = openRows(pool, options);
      return { rows: open(), another: async () => open(), reopen: async () => open(), destroy };
    },
  });
}

describe('rows in PostgreSQL', () => suiteOn(new pg.Pool({ connectionString: url })));
