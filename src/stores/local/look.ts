import { existsSync } from 'node:fs';
import { findDriver, type OpenDatabase, type SqlDatabase } from './driver.js';
import { applicationId, isEmpty, readPragma, schemaVersion } from './tables.js';

/** What a file is that is to be a database, without changing it. */
export type LookedAt =
  /** Nothing is there, or an empty file. */
  | { kind: 'none' }
  | { kind: 'unreadable'; error: unknown }
  | { kind: 'foreign' }
  /** Of pixstore 3.x. */
  | { kind: 'version-3' }
  | { kind: 'too-new'; version: number }
  | LookedAtStore;

export interface LookedAtStore {
  kind: 'ours';
  /** Of its schema: opening it brings it up to date. */
  version: number;
  isOutdated: boolean;
  /** The key ring, as it is stored; null when there is none yet. */
  keyRing: Uint8Array | null;
  /** Are there images in files? */
  hasFiles: boolean;
  /** The highest token of a removed image: the clock has been there. */
  lastRemovedToken: number;
}

/** @throws PixstoreError `SQLITE_MISSING` */
export function lookAtDatabase(path: string, busyTimeout: number, open: OpenDatabase = findDriver()): LookedAt {
  if (!existsSync(path)) return { kind: 'none' };
  try {
    const database = open(path, { readOnly: true });
    try {
      database.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
      return lookInside(database);
    } finally {
      database.close();
    }
  } catch (error) {
    return { kind: 'unreadable', error };
  }
}

function lookInside(database: SqlDatabase): LookedAt {
  if (isEmpty(database)) return { kind: 'none' };
  const has = (table: string) =>
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;
  if (readPragma(database, 'application_id') !== applicationId) {
    return { kind: has('image_records') ? 'version-3' : 'foreign' };
  }
  const version = readPragma(database, 'user_version');
  if (version > schemaVersion) return { kind: 'too-new', version };
  const { bytes } = (has('key_ring') && database.prepare('SELECT bytes FROM key_ring').get()) || {};
  const removed = database.prepare("SELECT value FROM counters WHERE name = 'last_removed_token'").get();
  return {
    kind: 'ours',
    version,
    isOutdated: version < schemaVersion,
    keyRing: bytes instanceof Uint8Array ? bytes : null,
    hasFiles: database.prepare('SELECT 1 FROM parts WHERE file IS NOT NULL LIMIT 1').get() !== undefined,
    lastRemovedToken: Number(removed?.value ?? 0),
  };
}
