import { join } from 'node:path';
import type DatabaseConstructor from 'better-sqlite3';
import { PixstoreError } from '../../shared/errors/pixstore-error.js';

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface SqlStatement {
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
  run(...values: SqlValue[]): { changes: number | bigint };
}

/** The little that the local store asks of SQLite; both drivers give it. Everything is synchronous. */
export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

/** @param how - `readOnly`: it is not made where there is none, and nothing is written to it */
export type OpenDatabase = (path: string, how?: { readOnly?: boolean }) => SqlDatabase;

/**
 * The SQLite this Node has: its own from 24 on, the package better-sqlite3 before.
 *
 * @throws PixstoreError `SQLITE_MISSING` when Node is older and the package is not installed, was not built, or is one
 * that this Node cannot load
 */
export function findDriver(nodeVersion: string = process.versions.node): OpenDatabase {
  const major = Number.parseInt(nodeVersion, 10);
  return major >= 24 ? openWithNode : openWithBetterSqlite(major);
}

const openWithNode: OpenDatabase = (path, { readOnly = false } = {}) => {
  // Not an import: older Nodes have no such module, and bundlers would try to find it.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as {
    DatabaseSync: new (path: string, how: { readOnly: boolean }) => SqlDatabase;
  };
  return new DatabaseSync(path, { readOnly });
};

function openWithBetterSqlite(nodeMajor: number): OpenDatabase {
  // Not an import: bundlers would follow what it requires, and break it.
  const require = process.getBuiltinModule('node:module').createRequire(codePath());
  const advice = `Run "npm install better-sqlite3@${nodeMajor < 22 ? '12' : '13'}"; where install scripts are switched off, also "npm rebuild better-sqlite3 --ignore-scripts=false" or "pnpm approve-builds". Or use Node 24, which has SQLite built in.`;
  let Database: typeof DatabaseConstructor;
  try {
    const { version } = require('better-sqlite3/package.json') as { version: string };
    // Version 13 is built for Node 22 and later; loaded into Node 20 it ends the process.
    if (nodeMajor < 22 && Number.parseInt(version, 10) > 12) {
      throw new PixstoreError(
        'SQLITE_MISSING',
        `better-sqlite3 ${version} does not run on Node ${nodeMajor}. ${advice}`,
      );
    }
    Database = require('better-sqlite3') as typeof DatabaseConstructor;
    new Database(':memory:').close(); // its native part is only loaded by now
  } catch (cause) {
    if (cause instanceof PixstoreError) throw cause;
    throw new PixstoreError(
      'SQLITE_MISSING',
      `Local storage on Node ${nodeMajor} needs the package better-sqlite3, which is not installed or does not load. ${advice}`,
      { cause },
    );
  }
  return (path, { readOnly = false } = {}) => new Database(path, { readonly: readOnly }) as unknown as SqlDatabase;
}

/** Where this code is. Bundlers that make CommonJS leave `import.meta` empty, and there are other names for it. */
function codePath(): string | URL {
  const { url } = import.meta as { url?: string };
  if (url) return url;
  return typeof __filename === 'string' ? __filename : join(process.cwd(), 'package.json');
}
