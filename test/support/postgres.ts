import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { postgresRows } from '../../src/stores/postgres/index.js';
import type { RowStore } from '../../src/stores/split/row-store.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../scripts/services/start-postgres.sh', import.meta.url));

/** A real PostgreSQL, with a data folder of its own. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Starts it again after one of the next two, there or on another port. */
  start(port?: number): Promise<void>;
  /** As a restart does it: what is under way is ended. */
  stop(): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
  destroy(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'pixstore-postgres-'));
  await chmod(folder, 0o755); // as root, the server runs as another user
  const data = join(folder, 'server');
  let settings = new Map<string, string>();
  const call = async (...args: string[]) => (await run('bash', [script, ...args])).stdout;

  async function start(port?: number): Promise<void> {
    const lines = (await call('start', data, ...(port ? [String(port)] : []))).trim().split('\n');
    settings = new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  await start();
  return {
    get url() {
      return settings.get('DATABASE_URL') as string;
    },
    get port() {
      return Number(settings.get('PGPORT'));
    },
    start,
    async stop() {
      await call('stop', data);
    },
    async kill() {
      await call('kill', data);
    },
    async destroy() {
      await call('destroy', data);
      await run('rm', ['-rf', folder]);
    },
  };
}

export const newSchema = (): string => `test_${randomBytes(8).toString('hex')}`;

/** A pool, and schemas in it that are dropped with it. */
export function openPool(url: string, config: pg.PoolConfig = {}) {
  const pool = new pg.Pool({ connectionString: url, ...config });
  const schemas: string[] = [];
  return {
    pool,
    schema(): string {
      const schema = newSchema();
      schemas.push(schema);
      return schema;
    },
    async drop(): Promise<void> {
      for (const schema of schemas) await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
      await pool.end();
    },
  };
}

/** Rows in a schema of their own, as `rowStoreSuite` wants them. */
export function openRows(pool: pg.Pool, options: Partial<Parameters<typeof postgresRows>[0]> = {}) {
  const schema = newSchema();
  const opened: RowStore[] = [];
  const open = (): RowStore => {
    const rows = postgresRows({ pool, schema, ...options });
    opened.push(rows);
    return rows;
  };
  return {
    schema,
    open,
    destroy: async (): Promise<void> => {
      for (const rows of opened) await rows.close();
      await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    },
  };
}

/** The same pool, and how often it was asked. */
export function counted(pool: pg.Pool) {
  const asked: string[] = [];
  const note = (config: string | { text: string }) => asked.push(typeof config === 'string' ? config : config.text);
  return {
    asked,
    pool: {
      query: (text: string, values: unknown[]) => {
        note(text);
        return pool.query(text, values);
      },
      async connect() {
        const client = await pool.connect();
        return {
          query: (text: string, values: unknown[]) => {
            note(text);
            return client.query(text, values);
          },
          release: (destroy?: boolean) => client.release(destroy),
        };
      },
    },
  };
}
