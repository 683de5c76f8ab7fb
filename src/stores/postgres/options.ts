import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import type { PostgresPool } from './pool.js';

export interface PostgresRowsOptions {
  /** The application's own: it is used, and never closed. */
  pool: PostgresPool;
  /** The schema that pixstore's tables lie in, made if it is not there: a-z, 0-9 and _. Default: `pixstore`. */
  schema?: string | undefined;
  /** Ciphertexts up to so many bytes go into the rows, larger ones into blobs. Default: 16 KiB. */
  inlineUpTo?: number | undefined;
  /**
   * Whether statements are prepared by name, once for each connection, where the pool has `connect`. Say false behind a
   * pooler that lends connections for single transactions, as pgbouncer before 1.21 does. Default: true.
   */
  prepare?: boolean | undefined;
  /** How long a look-up or a change may take, with all attempts and with the wait for a connection, in ms. Default: 10,000. */
  timeout?: number | undefined;
}

const known = ['pool', 'schema', 'inlineUpTo', 'prepare', 'timeout'];

// TOASTed rows are read and written in pieces of 2 KB; and what is in rows goes through the write-ahead log, to standbys
// and into each dump. See docs/decisions/0033-postgres.md.
const defaultInlineUpTo = 16 * 1024;
const mostInline = 1024 * 1024;
const longestTimeout = 600_000;

/** @throws PixstoreError `CONFIG_INVALID` */
export function checkedOptions(options: PostgresRowsOptions): Required<{
  [Name in keyof PostgresRowsOptions]: NonNullable<PostgresRowsOptions[Name]>;
}> {
  for (const name of Object.keys(options)) if (!known.includes(name)) throw invalid(`has no option "${name}"`);
  const { pool, schema = 'pixstore', inlineUpTo = defaultInlineUpTo, prepare = true, timeout = 10_000 } = options;
  if (typeof pool?.query !== 'function') throw invalid('needs a pool: a Pool of "pg", or what has its query');
  if (typeof schema !== 'string' || !/^[a-z_][a-z0-9_]{0,62}$/.test(schema) || schema.startsWith('pg_')) {
    throw invalid(
      'takes a schema of at most 63 characters of a-z, 0-9 and _, that begins with neither a digit nor pg_',
    );
  }
  if (!isWhole(inlineUpTo, 0, mostInline)) throw invalid(`takes an inlineUpTo from 0 to ${mostInline} bytes`);
  if (typeof prepare !== 'boolean') throw invalid('takes true or false for prepare');
  if (!isWhole(timeout, 1, longestTimeout)) throw invalid(`takes a timeout from 1 to ${longestTimeout} ms`);
  return { pool, schema, inlineUpTo, prepare, timeout };
}

const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

const invalid = (what: string) => new PixstoreError('CONFIG_INVALID', `The call of postgresRows ${what}.`);
