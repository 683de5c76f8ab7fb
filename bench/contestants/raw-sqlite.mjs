import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** @typedef {import('./work.mjs').Contestant} Contestant */

/**
 * A floor: rows with a random id and the bytes as they are, all that wait in one synced commit. No encryption, no
 * thread, no check. As many rows share a commit as are saved at once.
 *
 * @param {string} folder
 * @returns {Promise<Contestant>}
 */
export async function open(folder) {
  const database = openDatabase(join(folder, 'rows.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE images (id TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO images VALUES (?, ?)');
  /** @type {{ id: string, bytes: Uint8Array, done: (id: string) => void }[]} */
  let waiting = [];

  function commit() {
    const group = waiting;
    waiting = [];
    database.exec('BEGIN IMMEDIATE');
    for (const { id, bytes } of group) insert.run(id, bytes);
    database.exec('COMMIT');
    for (const { id, done } of group) done(id);
  }

  return {
    save: (bytes) =>
      new Promise((done) => {
        if (waiting.length === 0) setImmediate(commit);
        waiting.push({ id: randomBytes(16).toString('base64url'), bytes, done });
      }),
    close: async () => database.close(),
  };
}

/** The driver that the library uses on this Node. @param {string} path */
export function openDatabase(path) {
  if (Number.parseInt(process.versions.node, 10) >= 24) {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    return new DatabaseSync(path);
  }
  const Database = createRequire(new URL('../../package.json', import.meta.url))('better-sqlite3');
  return new Database(path);
}
