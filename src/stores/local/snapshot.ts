import { closeSync, openSync } from 'node:fs';
import type { OpenDatabase } from './driver.js';
import { openDatabase, prepareOn } from './schema.js';

/**
 * Copies a database into a new file as it is at one moment, while others go on writing. Free pages stay behind, and with
 * them whatever may be left there of keys that were removed.
 */
export function takeSnapshot(open: OpenDatabase, databasePath: string, busyTimeout: number, target: string): void {
  closeSync(openSync(target, 'wx', 0o600)); // SQLite would make it readable for everybody
  const database = openDatabase(open, databasePath, busyTimeout);
  prepareOn(database, () => database.prepare('VACUUM INTO ?').run(target));
  database.close();
}
