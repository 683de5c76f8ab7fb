import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { countFolders } from './counters.js';
import type { SqlDatabase } from './driver.js';

/** "Pxst": tells our files from those of other programs. */
export const applicationId = 0x50787374;

export const schemaVersion = 4;

// Wide columns come last: SQLite reads a row front to back, so looking up a record never touches its ciphertext.
const createImages = `
  CREATE TABLE parts (
    id         TEXT    NOT NULL PRIMARY KEY,
    token      INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    iv         BLOB    NOT NULL,
    tag        BLOB    NOT NULL,
    sealed_key BLOB    NOT NULL,
    file       TEXT,
    ciphertext BLOB,
    CHECK ((file IS NULL) <> (ciphertext IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX parts_by_file ON parts (file) WHERE file IS NOT NULL;
  CREATE TABLE master_keys (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

// One row says which store this is: see `identity.ts`. Sessions: `sessions.ts`. Blobs to be removed: `leftovers.ts`.
const createIdentity = `
  CREATE TABLE store (
    only_one   INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    id         TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,
    nonce      TEXT    NOT NULL,
    next_nonce TEXT,
    is_marked  INTEGER NOT NULL,
    is_adopted INTEGER NOT NULL
  ) STRICT;
  INSERT INTO store VALUES (1, lower(hex(randomblob(16))), 1, lower(hex(randomblob(16))), NULL, 0, 1);
  CREATE TABLE sessions (id TEXT NOT NULL PRIMARY KEY, begun INTEGER NOT NULL, ended INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE given_up_blobs (file TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

// Rows of folder_keys are added at the end and overwritten in place, never moved: so no page keeps a copy of a key that
// was destroyed. Counts, which change their length, are therefore apart. Generation 0 of a folder says that it was erased
// before it had keys. A row of `erasures`: images of that folder are still to be removed, up to that generation.
const createKeys = `
  CREATE TABLE key_ring (
    only_one INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
    version  INTEGER NOT NULL,
    bytes    BLOB    NOT NULL
  ) STRICT;
  CREATE TABLE folder_keys (
    number       INTEGER NOT NULL PRIMARY KEY,
    folder       TEXT    NOT NULL,
    generation   INTEGER NOT NULL,
    is_destroyed INTEGER NOT NULL,
    wrapped      BLOB    NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX folder_keys_by_folder ON folder_keys (folder, generation);
  CREATE TABLE sealed_counts (folder_key INTEGER NOT NULL PRIMARY KEY, sealed INTEGER NOT NULL) STRICT;
  CREATE TABLE erasures (folder TEXT NOT NULL PRIMARY KEY, generation INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

// What each folder holds, so that nobody has to count it. Parts of generations up to `erased` are not counted: they were
// erased, and are still to be removed.
const createFolderUsage = `
  CREATE TABLE folder_usage (
    folder TEXT    NOT NULL PRIMARY KEY,
    images INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    erased INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  ${countFolders}
`;

const steps = [createImages, createIdentity, createKeys, createFolderUsage];

/**
 * What makes this schema of an older one; 0 is an empty database. Processes of schema 1 go on writing beside it: what
 * they change is whole, and blobs that they leave behind are swept. Later ones look at the version first.
 */
export function stepsFrom(version: number): string {
  const marks = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`;
  return steps.slice(version).join('') + marks;
}

/** Of the schema that a database has; 0: it is empty. */
export function readVersion(database: SqlDatabase): number {
  return isEmpty(database) ? 0 : readPragma(database, 'user_version');
}

/**
 * Who writes must ask this in the same transaction: a newer pixstore may have migrated the database meanwhile.
 *
 * @throws PixstoreError `DATABASE_TOO_NEW`
 */
export function requireKnownVersion(version: number): void {
  if (version <= schemaVersion) return;
  throw new PixstoreError(
    'DATABASE_TOO_NEW',
    `The database has schema version ${version}; this pixstore knows versions up to ${schemaVersion}. Update pixstore.`,
  );
}

export function isEmpty(database: SqlDatabase): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

export function readPragma(database: SqlDatabase, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
