import { existsSync } from 'node:fs';
import type { SqlDatabase } from './driver.js';
import { backUpSchema, draftOf, type SchemaSource } from './schema-backup.js';
import { isBusy } from './storage-error.js';
import { readVersion, requireKnownVersion, schemaVersion, stepsFrom } from './tables.js';

// As long as another process may take to copy the database, in ms.
const migrationPatience = 600_000;

/**
 * Brings a database to the schema of today, in one transaction; before that, one that is not empty is copied as a whole.
 * Nobody else can commit from before the copy until the change is durable. Killed at any moment, it leaves the database as
 * it was or as it is to be.
 *
 * @throws PixstoreError `DATABASE_TOO_NEW`, and what `backUpSchema` throws; then nothing was changed
 */
export function bringUpToDate(database: SqlDatabase, source: SchemaSource): void {
  if (readVersion(database) === schemaVersion) return;
  beginAlone(database, source.path);
  const version = readVersion(database); // another process may have done it meanwhile
  requireKnownVersion(version);
  if (version > 0 && version < schemaVersion) backUpSchema(source, version);
  if (version < schemaVersion) database.exec(stepsFrom(version));
  database.exec('COMMIT');
}

/** While another process migrates the database, which may take longer than anybody else has it, this one waits. */
function beginAlone(database: SqlDatabase, path: string): void {
  const giveUp = performance.now() + migrationPatience;
  const isCopied = () => existsSync(draftOf(path));
  for (let wasCopied = isCopied(); ; wasCopied = isCopied()) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return;
    } catch (cause) {
      if (!isBusy(cause) || !(wasCopied || isCopied()) || performance.now() >= giveUp) throw cause;
      pauseShortly();
    }
  }
}

/** Opening is synchronous: nothing else can be done meanwhile. */
export function pauseShortly(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
}

const pause = 10; // ms
