import { expect, test } from 'vitest';
import { postgresRows } from '../../../../src/stores/postgres/index.js';

const pool = { query: async () => ({ rows: [] }) };

test.each([
  [{ pool: {} }, 'pool'],
  [{ pool: undefined }, 'pool'],
  [{ pool, schema: '' }, 'schema'],
  [{ pool, schema: 'Pixstore' }, 'schema'],
  [{ pool, schema: 'a"; DROP TABLE parts; --' }, 'schema'],
  [{ pool, schema: '1st' }, 'schema'],
  [{ pool, schema: 'pg_pixstore' }, 'schema'],
  [{ pool, schema: 'a'.repeat(64) }, 'schema'],
  [{ pool, inlineUpTo: -1 }, 'inlineUpTo'],
  [{ pool, inlineUpTo: 1.5 }, 'inlineUpTo'],
  [{ pool, inlineUpTo: 2 ** 20 + 1 }, 'inlineUpTo'],
  [{ pool, prepare: 'no' }, 'prepare'],
  [{ pool, timeout: 0 }, 'timeout'],
  [{ pool, shema: 'pixstore' }, 'shema'],
])('%o is refused, and the message names what is wrong', (options, named) => {
  const open = () => postgresRows(options as unknown as Parameters<typeof postgresRows>[0]);
  expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) }));
});

test('nothing is asked before the first call', async () => {
  let asked = 0;
  const rows = postgresRows({
    pool: {
      query: async () => {
        asked += 1;
        return { rows: [] };
      },
    },
  });
  expect(rows.inlineUpTo).toBe(16 * 1024);
  await rows.close();
  expect(asked).toBe(0);
});
