import pg from 'pg';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { PixstoreBackend } from '../../../src/backend/face/public-api.js';
import { createMemoryBlobs } from '../../../src/stores/memory/memory-blobs.js';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import { checkedOptions } from '../../../src/stores/postgres/options.js';
import { splitStore } from '../../../src/stores/split/split-store.js';
import { put, small } from '../../../src/testing/rows/row-versions.js';
import { giveKeys, sealedWith } from '../../../src/testing/sealing.js';
import { bytesOf, versionOf } from '../../../src/testing/versions.js';
import { masterKey, quietLogger } from '../../support/backend.js';
import { importBlocks } from '../../support/code-blocks.js';
import { temporaryFolder } from '../../support/folders.js';
import { counted, newSchema, openRows } from '../../support/postgres.js';
import { smallPicture, withMorePixels } from '../../support/small-picture.js';
import { ciphertextNames } from '../../support/split/blob-names.js';
import { codeBlocksOf, readDocument, tableRowsOf } from '../../unit/docs/markdown.js';
import { sharedPlace, whenUnused } from './place.js';

const url = inject('databaseUrl');
const pool = new pg.Pool({ connectionString: url });

afterAll(() => pool.end());

/** A database of its own, as the document speaks of the schema `pixstore`. */
async function openDatabase(): Promise<string> {
  const database = newSchema();
  await pool.query(`CREATE DATABASE "${database}"`);
  onTestFinished(() => whenUnused(() => pool.query(`DROP DATABASE "${database}"`)));
  const its = new URL(url);
  its.pathname = database;
  return its.href;
}

test('the backend of docs/postgres.md works as it stands there', async () => {
  const database = await openDatabase();
  const set = { DATABASE_URL: database, PIXSTORE_MASTER_KEY: masterKey, IMAGE_FOLDER: await temporaryFolder() };
  const before = { ...process.env };
  Object.assign(process.env, set);
  onTestFinished(() => {
    process.env = before;
  });
  const { backend, close } = await importBlocks<{ backend: PixstoreBackend; close(): Promise<void> }>(
    'docs/postgres.md',
    '// images.ts',
  );
  const record = await backend.saveImage(smallPicture());
  expect(await backend.readImage(record?.id ?? '')).toMatchObject({ token: record?.token });
  await close();
});

test('docs/postgres.md has every option, with its default', () => {
  const [, table = ''] = readDocument('docs/postgres.md').split('\n## Options\n');
  const rows = tableRowsOf(table.split('\n## ')[0] ?? '').slice(1);
  const documented = rows.map(([name = '', value = '']) => [name, value].map((text) => text.replaceAll('`', '')));
  const { pool: _, ...defaults } = checkedOptions({ pool });
  const expected = Object.entries(defaults).map(([name, value]) => [name, String(value)]);
  expect(documented).toEqual([['pool', 'required'], ...expected]);
});

describe('the statements of docs/postgres.md', () => {
  const blocks = codeBlocksOf(readDocument('docs/postgres.md')).filter(({ language }) => language === 'sql');
  const [create = '', grant = '', doubt = '', vacuum = ''] = blocks.map(({ code }) => code);

  async function roleIn(database: string, ...statements: string[]) {
    const admin = new pg.Pool({ connectionString: database, max: 1 });
    const role = newSchema();
    const named = (sql: string) => sql.replace(/\bapp\b/g, role).replace("'...'", "'secret'");
    const asRole = new URL(database);
    [asRole.username, asRole.password] = [role, 'secret'];
    const its = new pg.Pool({ connectionString: asRole.href, max: 2 });
    onTestFinished(async () => {
      await its.end();
      await admin.query(`DROP OWNED BY "${role}" CASCADE; DROP ROLE "${role}"`);
      await admin.end();
    });
    for (const sql of statements) await admin.query(named(sql));
    return its;
  }

  test('are four, and each is tried', () => {
    expect(blocks).toHaveLength(4);
  });

  test('make a role that makes the schema', async () => {
    const rows = postgresRows({ pool: await roleIn(await openDatabase(), create) });
    await put(rows, small('one', 1000));
    expect((await rows.record('one'))?.token).toBe(1000);
  });

  test('let a role with less work in a schema that is there', async () => {
    const database = await openDatabase();
    const admin = new pg.Pool({ connectionString: database, max: 1 });
    await postgresRows({ pool: admin }).identity();
    await admin.end();
    const role = "CREATE ROLE app LOGIN PASSWORD '...'";
    const rows = postgresRows({ pool: await roleIn(database, role, grant) });
    await put(rows, small('one', 1000));
    await rows.remove('one');
    expect(await rows.usage()).toEqual({ images: 0, bytes: 0 });
  });

  test('have a copy remove nothing until it is adopted', async () => {
    const admin = new pg.Pool({ connectionString: await openDatabase(), max: 1 });
    onTestFinished(() => admin.end());
    const blobs = createMemoryBlobs();
    const open = () => splitStore(postgresRows({ pool: admin }), blobs, { logger: quietLogger() });
    const image = (id: string) => versionOf(id, 1000, 20_000);
    for (const id of ['one', 'two']) await open().put(image(id), null);
    await admin.query(doubt);
    const copy = open();
    await copy.remove('one');
    expect(await ciphertextNames(blobs)).toHaveLength(2);
    expect(await copy.health?.()).toMatchObject({ status: 'degraded' });
    await copy.adopt?.();
    await copy.remove('two');
    expect(await ciphertextNames(blobs)).toHaveLength(1);
  });

  test('take the keys of erased folders out of the file', async () => {
    const database = await openDatabase();
    const admin = new pg.Pool({ connectionString: database, max: 1 });
    onTestFinished(() => admin.end());
    const rows = postgresRows({ pool: admin });
    await giveKeys(rows, 'a', 1);
    await put(rows, sealedWith(small('a:one', 1000), 1));
    const hasKey = async () => {
      await admin.query('CHECKPOINT');
      const { rows: files } = await admin.query<{ bytes: Buffer }>(
        "SELECT pg_read_binary_file(pg_relation_filepath('pixstore.folder_keys')) AS bytes",
      );
      return files[0]?.bytes.includes(Buffer.from(bytesOf('a 1', 69))) ?? false;
    };
    await rows.eraseKeys('a');
    expect(await hasKey()).toBe(true);
    await admin.query(vacuum);
    expect(await hasKey()).toBe(false);
    expect((await rows.folderKey('a'))?.wrapped).toBe(null);
  });
});

test('a change takes as many queries as docs/postgres.md says', async () => {
  const { asked, pool: countedPool } = counted(pool);
  const { backend } = sharedPlace().open({ rows: { pool: countedPool, inlineUpTo: 16_384 } });
  const large = withMorePixels(smallPicture(), Buffer.alloc(20_000));
  const small = await backend.saveImage(smallPicture(), 'cats');
  const { id } = await backend.saveImage(large, 'cats');
  const countedFor = async (work: () => Promise<unknown>): Promise<number> => {
    asked.length = 0;
    await work();
    return asked.length;
  };
  const counts = {
    saved: await countedFor(() => backend.saveImage(smallPicture(), 'cats')),
    savedBlob: await countedFor(() => backend.saveImage(large, 'cats')),
    looked: await countedFor(() => backend.getImageRecords([id, small.id])),
    updated: await countedFor(() => backend.updateImage(id, large)),
    removed: await countedFor(() => backend.deleteImage(small.id)),
  };
  expect(counts).toEqual({ saved: 3, savedBlob: 3, looked: 1, updated: 6, removed: 2 });
});

test('a row takes as much room as docs/postgres.md says', async () => {
  const { open, schema, destroy } = openRows(pool, { inlineUpTo: 0 });
  const store = splitStore(open(), createMemoryBlobs(), { logger: quietLogger() });
  const images = 2_000;
  const parts = [
    { sealedKey: bytesOf('key', 110), iv: bytesOf('iv', 12), tag: bytesOf('tag', 16), ciphertext: bytesOf('c', 10) },
  ];
  await Promise.all(
    Array.from({ length: images }, (_, index) =>
      store.put({ id: `user-1234:${String(index).padStart(22, 'x')}`, token: 1_800_000_000_000, parts }, null),
    ),
  );
  const { rows } = await pool.query(`SELECT pg_total_relation_size('"${schema}".parts') AS bytes`);
  const [, said] = /of (\d+) bytes or so/.exec(readDocument('docs/postgres.md').replaceAll('\n', ' ')) ?? [];
  const bytes = Number(rows[0].bytes) / images;
  expect(bytes).toBeGreaterThan(0.7 * Number(said));
  expect(bytes).toBeLessThan(1.3 * Number(said));
  await destroy();
});
