import type { TestProject } from 'vitest/node';
import { startPostgres } from '../support/postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a PostgreSQL for all tests: schemas in it have names of their own. */
    databaseUrl: string;
  }
}

/** One server for all tests: that of `DATABASE_URL`, or one that is started and ended here. */
export default async function setup({ provide }: TestProject) {
  const { DATABASE_URL: given } = process.env;
  if (given) return provide('databaseUrl', given);
  const server = await startPostgres();
  provide('databaseUrl', server.url);
  return server.destroy;
}
