export type { PostgresRowsOptions } from './options.js';
export type { PostgresClient, PostgresConnection, PostgresPool, SqlRow } from './pool.js';
export { postgresRows } from './postgres-rows.js';
