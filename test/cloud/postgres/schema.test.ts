import pg from 'pg';
import { afterAll, expect, inject, onTestFinished, test } from 'vitest';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import { collect, put, rowsOf, small } from '../../../src/testing/rows/row-versions.js';
import { newSchema, openRows } from '../../support/postgres.js';

const url = inject('databaseUrl');
const pool = new pg.Pool({ connectionString: url });

afterAll(() => pool.end());

/** Rows in a schema of their own, which is dropped when the test ends. */
function openHere(options: Parameters<typeof openRows>[1] = {}) {
  const opened = openRows(pool, options);
  onTestFinished(opened.destroy);
  return { ...opened, rows: opened.open() };
}

/** A pool that connects in another way, ended when the test ends. */
function otherPool(config: pg.PoolConfig): pg.Pool {
  const other = new pg.Pool({ connectionString: url, ...config });
  onTestFinished(() => other.end());
  return other;
}

test('of many who come at once, one makes the schema', async () => {
  const { open, rows } = openHere();
  const identities = await Promise.all([rows, ...Array.from({ length: 9 }, open)].map((each) => each.identity()));
  expect(new Set(identities.map(({ id }) => id)).size).toBe(1);
});

test('an empty schema that is there is used, whatever it is called', async () => {
  const schema = 'select';
  await pool.query(`CREATE SCHEMA "${schema}"`);
  onTestFinished(async () => void (await pool.query(`DROP SCHEMA "${schema}" CASCADE`)));
  const rows = postgresRows({ pool, schema });
  await put(rows, small('one', 1000));
  expect((await rows.record('one'))?.token).toBe(1000);
});

test('a schema with tables of another program is left alone', async () => {
  const { schema, rows } = openHere();
  await pool.query(`CREATE SCHEMA "${schema}"; CREATE TABLE "${schema}".store (id text)`);
  await expect(rows.identity()).rejects.toMatchObject({ code: 'DATABASE_FOREIGN' });
  expect(
    (await pool.query('SELECT count(*) FROM pg_class WHERE relnamespace = $1::regnamespace', [schema])).rows,
  ).toEqual([{ count: '1' }]);
  await pool.query(`DROP TABLE "${schema}".store`);
  expect((await rows.identity()).epoch).toBe(1);
});

test('what a newer pixstore has migrated is refused, also by who had it open before', async () => {
  const { schema, open, rows } = openHere();
  await put(rows, small('one', 1000));
  await pool.query(`UPDATE "${schema}".store SET schema_version = schema_version + 1`);
  await expect(open().identity()).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' });
  const { rows: functions } = await pool.query<{ call: string }>(
    `SELECT oid::regprocedure::text AS call FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace`,
  );
  for (const { call } of functions) await pool.query(`DROP FUNCTION ${call}`);
  await pool.query(`ALTER TABLE "${schema}".parts RENAME COLUMN sealing TO sealed`);
  const refused = await rows.put(rowsOf(small('two', 1000)), null);
  expect(refused).toMatchObject({ kind: 'failed', uncertain: false, error: { code: 'DATABASE_TOO_NEW' } });
  await expect(rows.record('one')).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' });
  await expect(rows.remove('one')).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' });
});

/** Version 1 had the same tables; of its functions, the names are enough to know them by. */
async function toVersion1(schema: string): Promise<void> {
  const { rows: functions } = await pool.query<{ name: string; call: string }>(
    `SELECT proname AS name, oid::regprocedure::text AS call FROM pg_proc
     WHERE pronamespace = '${schema}'::regnamespace AND proname LIKE '%\\_2'`,
  );
  for (const { name, call } of functions) {
    const isNew = name === 'begin_session_2';
    await pool.query(isNew ? `DROP FUNCTION ${call}` : `ALTER FUNCTION ${call} RENAME TO ${name.replace(/2$/, '1')}`);
  }
  await pool.query(`UPDATE "${schema}".store SET schema_version = 1`);
}

test('functions of an older schema are exchanged, by one of many who come at once, and those of others stay', async () => {
  const { schema, open, rows } = openHere();
  await put(rows, small('one', 1000));
  const functions = async () => {
    const { rows: found } = await pool.query<{ name: string; call: string }>(
      `SELECT proname AS name, oid::regprocedure::text AS call FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace`,
    );
    return found.sort((one, other) => (one.call < other.call ? -1 : 1));
  };
  // The application's own: what a view uses cannot be dropped, and an aggregate is dropped by another word.
  await pool.query(`
    CREATE FUNCTION "${schema}".my_report_1() RETURNS int LANGUAGE sql AS 'SELECT 42';
    CREATE VIEW "${schema}".my_view AS SELECT "${schema}".my_report_1();
    CREATE PROCEDURE "${schema}".my_work() LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE "${schema}".my_sum(int) (sfunc = int4pl, stype = int);`);
  const expected = await functions();
  await toVersion1(schema);
  const opened = Array.from({ length: 5 }, open);
  expect((await Promise.all(opened.map((each) => each.record('one')))).map((record) => record?.token)).toEqual(
    opened.map(() => 1000),
  );
  await put(open(), small('two', 1001));
  expect(await functions()).toEqual(expected);
  expect((await pool.query(`SELECT schema_version AS version FROM "${schema}".store`)).rows).toEqual([{ version: 2 }]);
});

test('what was dropped is not made anew under the feet of who had it open', async () => {
  const { schema, rows } = openHere();
  await put(rows, small('one', 1000));
  await pool.query(`DROP TABLE "${schema}".parts`);
  await expect(rows.record('one')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

/** A pool of a role that has what the document grants to one that does not own the schema. */
async function poolOfLesserRole(schema: string): Promise<pg.Pool> {
  const role = newSchema();
  await pool.query(`
    CREATE ROLE "${role}" LOGIN PASSWORD 'secret';
    GRANT USAGE ON SCHEMA "${schema}" TO "${role}";
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "${schema}" TO "${role}";`);
  onTestFinished(async () => void (await pool.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`)));
  const asRole = new URL(url);
  [asRole.username, asRole.password] = [role, 'secret'];
  return otherPool({ connectionString: asRole.href });
}

test('a role that may read and write, but make nothing, is enough for a schema that is there', async () => {
  const { schema, rows } = openHere();
  await rows.identity();
  const itsPool = await poolOfLesserRole(schema);
  const own = postgresRows({ pool: itsPool, schema });
  await put(own, small('one', 1000));
  await own.remove('one');
  expect(await own.usage()).toEqual({ images: 0, bytes: 0 });
  expect(await own.identity()).toEqual(await rows.identity());
  await expect(postgresRows({ pool: itsPool, schema: newSchema() }).identity()).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
    message: expect.stringContaining('privileges'),
  });
});

test('such a role is told that the schema is an older one, and goes on once its owner has migrated it', async () => {
  const { schema, open, rows } = openHere();
  const before = await rows.identity();
  const own = postgresRows({ pool: await poolOfLesserRole(schema), schema });
  await toVersion1(schema);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(own.identity()).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(/version 1\b.*\bneeds version 2\b.*\bowner/),
    });
  }
  await open().identity();
  expect(await own.identity()).toEqual(before);
  await put(own, small('one', 1000));
});

test('who may not ask the server for its identity has no place', async () => {
  const { open, rows } = openHere();
  expect((await rows.identity()).place).toMatch(/^\d+\.\d+\.\d+$/);
  const rights = 'EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC';
  const role = newSchema();
  await pool.query(`REVOKE ${rights}; CREATE ROLE "${role}"; GRANT "${role}" TO current_user`);
  const { schema } = openHere();
  const asRole = otherPool({ options: `-c role=${role}` });
  onTestFinished(async () => {
    await pool.query(`GRANT ${rights.replace('FROM', 'TO')}; DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
  });
  await pool.query(`CREATE SCHEMA "${schema}" AUTHORIZATION "${role}"`);
  expect((await postgresRows({ pool: asRole, schema }).identity()).place).toBe(null);
  expect((await open().identity()).place).toMatch(/^\d+\.\d+\.\d+$/);
});

test('transactions at a stricter level are refused before they change anything', async () => {
  const { schema, rows } = openHere();
  await put(rows, small('one', 1000));
  for (const level of ['repeatable read', 'serializable']) {
    const strict = otherPool({ options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` });
    const own = postgresRows({ pool: strict, schema });
    const outcome = await own.put(rowsOf(small('two', 1000)), null);
    expect(outcome).toMatchObject({ kind: 'failed', uncertain: false });
    await expect(own.remove('one')).rejects.toThrow('read committed');
    expect((await own.record('one'))?.token).toBe(1000);
  }
});

test.each([
  ['statements that are not prepared', () => ({ prepare: false })],
  ['a pool that only asks', () => ({ pool: { query: (text: string, values: unknown[]) => pool.query(text, values) } })],
  [
    'a driver that was told to give other numbers',
    () => ({ pool: otherPool({ types: { getTypeParser: bigIntegers as typeof pg.types.getTypeParser } }) }),
  ],
])('it works with %s', async (_, options) => {
  const { rows } = openHere(options());
  const version = small('a:one', 2 ** 52, ['thumb']);
  await put(rows, version);
  expect((await rows.record('a:one'))?.token).toBe(2 ** 52);
  expect((await rows.version('a:one')).map(({ size }) => size)).toEqual([300, 300]);
  expect(await rows.usage()).toEqual({ images: 1, bytes: 600 });
  await rows.remove('a:one');
  expect(await rows.lastRemovedToken()).toBe(2 ** 52);
});

const int8 = 20;

/** As an application may have set it for all its queries. */
function bigIntegers(oid: number, format?: 'text' | 'binary') {
  return oid === int8 && format !== 'binary' ? (value: string) => BigInt(value) : pg.types.getTypeParser(oid, format);
}

test('statements are prepared once for each connection, and two schemas share them with nobody', async () => {
  const one = otherPool({ max: 1 });
  const both = [openHere({ pool: one }).rows, openHere({ pool: one }).rows];
  for (const [index, rows] of both.entries()) await put(rows, small('one', 1000 + index));
  for (let round = 0; round < 3; round += 1) {
    for (const [index, rows] of both.entries()) expect((await rows.record('one'))?.token).toBe(1000 + index);
  }
  const { rows: prepared } = await one.query(
    "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%asked.is_whole%'",
  );
  expect(prepared).toHaveLength(2);
});

test('ids are compared by their bytes, whatever the collation of the database', async ({ skip }) => {
  const { rows: servers } = await pool.query<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
  );
  skip(Number(servers[0]?.version) < 150_000, 'databases have no ICU collation of their own before PostgreSQL 15');
  const database = newSchema();
  await pool.query(`CREATE DATABASE "${database}" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'`);
  const elsewhere = new URL(url);
  elsewhere.pathname = database;
  const itsPool = new pg.Pool({ connectionString: elsewhere.href });
  onTestFinished(async () => {
    await itsPool.end();
    await pool.query(`DROP DATABASE "${database}"`);
  });
  const rows = postgresRows({ pool: itsPool });
  const ids = ['_one', 'a:1', 'a-b:1', 'B', 'b', 'Z', 'a_b', 'a-c'];
  for (const [index, id] of ids.entries()) await put(rows, small(id, 1000 + index, ['thumb']));
  expect(
    (
      await itsPool.query(
        'SELECT array_agg(id ORDER BY id COLLATE "default") AS ids FROM pixstore.parts WHERE variant = \'\'',
      )
    ).rows[0].ids,
  ).not.toEqual([...ids].sort());
  expect(await collect(rows.list())).toEqual([...ids].sort());
  expect(await collect(rows.list('a', 'a-b:1'))).toEqual(['a-c', 'a:1', 'a_b']);
  expect(await rows.eraseKeys('a')).toBe(true);
  expect((await rows.removeErased('a', '')).images).toBe(1);
});

test.each([
  ['token = -1', 'a token'],
  ['size = -5', 'a size'],
  ["sealing = '\\x00'", 'bytes'],
  ["variant = 'A B'", 'a variant'],
  ["ciphertext = '\\x00'", 'a ciphertext of another length'],
  ["ciphertext = NULL, blob = '../../etc/passwd'", 'a name of a blob'],
])('a row that somebody has written with %s is refused, alone', async (change) => {
  const { schema, rows } = openHere();
  await put(rows, small('one', 1000));
  await put(rows, small('two', 1001));
  await pool.query(`UPDATE "${schema}".parts SET ${change} WHERE id = 'one'`);
  const variant = change.startsWith('variant') ? 'A B' : undefined;
  const found = await Promise.allSettled([rows.find('one', variant), rows.find('two')]);
  expect(found[0]).toMatchObject({ status: 'rejected', reason: { code: 'DATABASE_ROW_INVALID' } });
  expect(found[1]).toMatchObject({ status: 'fulfilled', value: { record: { token: 1001 } } });
});
