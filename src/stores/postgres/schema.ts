import { PixstoreError } from '../../shared/errors/pixstore-error.js';
import { type Connections, statement } from './connections.js';
import { createCountFunctions } from './count-functions.js';
import { isForbidden } from './database-error.js';
import { createLocks } from './locks.js';
import { createPartFunctions } from './part-functions.js';
import { createRemovalFunctions } from './removal-functions.js';
import { toCount } from './row.js';
import { createStoreFunctions } from './store-functions.js';
import { createTables, type Names, schemaVersion } from './tables.js';

/**
 * Makes ready the tables of a schema: makes them in one that is not there, or is empty, and migrates those of an older
 * pixstore. Where they are up to date, nothing is changed, and the role needs no right to do so.
 *
 * @throws PixstoreError `DATABASE_TOO_NEW`, `DATABASE_FOREIGN`, and `STORAGE_FAILED` when the role may not migrate it
 */
export async function openSchema(connections: Pick<Connections, 'read'>, names: Names): Promise<void> {
  const version = await versionIn(connections, names);
  if (version >= schemaVersion) return;
  try {
    await connections.read(statement(migration(names)));
  } catch (error) {
    throw version > 0 && isForbidden(error) ? ownerNeeded(version, error) : error;
  }
}

/**
 * The version of the schema; 0 when it is not there, or empty.
 *
 * @throws PixstoreError `DATABASE_TOO_NEW`, `DATABASE_FOREIGN`
 */
export async function versionIn(connections: Pick<Connections, 'read'>, { schema }: Names): Promise<number> {
  const [found] = await connections.read(statement(whatIsThere), [schema.slice(1, -1)]);
  if (!found?.is_ours && found?.has_tables) throw foreign();
  if (!found?.is_ours) return 0;
  const [row] = await connections.read(statement(`SELECT schema_version FROM ${schema}.store`));
  const version = toCount(row?.schema_version);
  if (version > schemaVersion) throw tooNew(version);
  return version;
}

const whatIsThere = `
  SELECT EXISTS (
    SELECT FROM pg_attribute WHERE attname = 'schema_version' AND attrelid IN (
      SELECT oid FROM pg_class WHERE relname = 'store' AND relnamespace = namespace.oid)
  ) AS is_ours, EXISTS (SELECT FROM pg_class WHERE relnamespace = namespace.oid) AS has_tables
  FROM pg_namespace namespace WHERE nspname = $1`;

// All others in the schema are the application's.
const version1Functions = [
  ...['put_1', 'add_parts_1', 'reseal_1', 'remove_1', 'remove_erased_1', 'remove_images_1', 'are_latest_1'],
  ...['put_key_ring_1', 'add_folder_key_1', 'destroy_folder_keys_1', 'erase_keys_1'],
  ...['end_sessions_1', 'forget_session_1', 'adopt_1'],
  ...['count_1', 'count_in_folder_1', 'count_sealed_1', 'is_over_quota_1'],
];

/**
 * In one transaction: what fails leaves nothing, and of those who want the same at once, one does it. Version 1 had the same
 * tables, and other functions.
 */
function migration(names: Names): string {
  const { schema } = names;
  return `DO $migration$ DECLARE
    outdated regprocedure;
  BEGIN
    ${createLocks(names).migration}
    IF to_regclass('${schema}.store') IS NULL THEN
      IF to_regnamespace('${schema}') IS NULL THEN
        CREATE SCHEMA ${schema};
      END IF;
      ${createTables(names)}
    ELSIF (SELECT schema_version FROM ${schema}.store) >= ${schemaVersion} THEN
      RETURN;
    ELSE
      FOR outdated IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = to_regnamespace('${schema}') AND prokind = 'f' AND proname = ANY ('{${version1Functions}}')
      LOOP
        EXECUTE 'DROP FUNCTION ' || outdated;
      END LOOP;
      UPDATE ${schema}.store SET schema_version = ${schemaVersion};
    END IF;
    ${createCountFunctions(names)}
    ${createStoreFunctions(names)}
    ${createRemovalFunctions(names)}
    ${createPartFunctions(names)}
  END $migration$`;
}

function tooNew(version: number): PixstoreError {
  return new PixstoreError(
    'DATABASE_TOO_NEW',
    `The schema in PostgreSQL has version ${version}; this pixstore knows versions up to ${schemaVersion}. Update pixstore.`,
  );
}

function ownerNeeded(version: number, { cause }: Error): PixstoreError {
  return new PixstoreError(
    'STORAGE_FAILED',
    `The schema in PostgreSQL has version ${version}, this pixstore needs version ${schemaVersion}, and the role that the pool connects as may not change it. Nothing was changed; make any call once as the role that is its owner.`,
    { cause },
  );
}

function foreign(): PixstoreError {
  return new PixstoreError(
    'DATABASE_FOREIGN',
    'The schema in PostgreSQL belongs to another program. It was left as it is; give postgresRows another schema.',
  );
}
