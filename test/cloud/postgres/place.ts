import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { createPixstoreBackend } from '../../../src/backend/face/backend.js';
import type { BackendConfig } from '../../../src/backend/face/config.js';
import { createMemoryBlobs } from '../../../src/stores/memory/memory-blobs.js';
import { postgresRows } from '../../../src/stores/postgres/index.js';
import type { BlobStore } from '../../../src/stores/split/blob-store.js';
import { splitStore } from '../../../src/stores/split/split-store.js';
import { masterKey, quietLogger } from '../../support/backend.js';
import { newSchema } from '../../support/postgres.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';

export interface OpenOptions {
  pool?: pg.PoolConfig;
  rows?: Partial<Parameters<typeof postgresRows>[0]>;
  backend?: Omit<BackendConfig, 'errorHandlingMode' | 'store'>;
  now?: () => number;
}

/** A schema and a place for blobs, which any number of backends share, each with a pool of its own. */
export function sharedPlace(url = inject('databaseUrl'), blobs: BlobStore = createMemoryBlobs()) {
  const schema = newSchema();
  const admin = new pg.Pool({ connectionString: url, max: 2 });
  admin.on('error', () => {}); // the server is stopped under it
  onTestFinished(async () => {
    await admin.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await admin.end();
  });

  function open({ pool: poolConfig, rows, backend: config, now = Date.now }: OpenOptions = {}) {
    const pool = new pg.Pool({ connectionString: url, ...poolConfig });
    const logger = quietLogger();
    const store = splitStore(postgresRows({ pool, schema, inlineUpTo: 10_000, ...rows }), blobs, { now, logger });
    const backend = createPixstoreBackend({
      ...{ masterKey, now, logger, defaultEndpointEnabled: false },
      ...config,
      store,
      errorHandlingMode: 'throw',
    });
    onTestFinished(async () => {
      pool.on('error', () => {}); // a server that was killed ends its connections late; from close() on that is ours
      await backend.close();
      await pool.end();
    });
    return { backend, store, pool, logger };
  }

  return { schema, admin, blobs, open };
}

/** The same over a network that can be cut. */
export async function cuttablePlace(url = inject('databaseUrl')) {
  const direct = new URL(url);
  const proxy = await startTcpProxy(Number(direct.port));
  onTestFinished(() => proxy.close());
  const place = sharedPlace(url);
  const throughProxy = new URL(url);
  throughProxy.port = String(proxy.port);
  const open = (options: OpenOptions = {}) =>
    place.open({ ...options, pool: { connectionString: throughProxy.href, ...options.pool } });
  return { ...place, proxy, open };
}

/** Does work in so many strands, each going on as long as `more` says. */
export function strands(
  count: number,
  more: () => boolean,
  work: (strand: number) => Promise<unknown>,
): Promise<unknown> {
  return Promise.all(
    Array.from({ length: count }, async (_, strand) => {
      while (more()) await work(strand);
    }),
  );
}

/** Opens a store behind a backend once more, to see what it holds: images, and blobs that nobody needs. */
export async function examine({ open }: Pick<ReturnType<typeof sharedPlace>, 'open'>) {
  const hour = 3_600_000;
  // So much later that all that a writer has left over may go.
  const { store, backend } = open({ now: () => Date.now() + 4 * hour });
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  const swept = await store.sweep();
  return { ids, swept, usage: await store.usage(), problems: await store.check(), backend };
}

/** Drops a database: a pool that was ended has connections to it for a moment still. */
export async function whenUnused(drop: () => Promise<unknown>): Promise<void> {
  const inUse = '55006';
  for (;;) {
    const code = await drop().then(
      () => null,
      (error: { code?: string }) => error.code,
    );
    if (code !== inUse) return;
  }
}

/** Until a call of ours waits for a lock of this transaction; or what begins like this, for a lock of anybody. */
export async function waitingFor(other: pg.PoolClient, schema: string, begin?: string): Promise<void> {
  const who = begin ? `query LIKE '${begin}%'` : 'pg_backend_pid() = ANY (pg_blocking_pids(pid))';
  const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"${schema}"%' AND ${who}`;
  // Within a transaction it tells of one moment, unless that is forgotten.
  do await other.query('SELECT pg_stat_clear_snapshot()');
  while ((await other.query(waiting)).rows.length === 0);
}
