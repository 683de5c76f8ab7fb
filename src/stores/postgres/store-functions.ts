import { beginChange, changeFunction, createLocks } from './locks.js';
import type { Names } from './tables.js';

/** SQL: the functions that change keys, sessions, and what the rows say of the store itself. */
export function createStoreFunctions(names: Names): string {
  const { schema } = names;
  const locks = createLocks(names);

  return [
    // p_repeated: it may have been done by an earlier attempt.
    changeFunction(
      `${schema}.put_key_ring_2(p_bytes bytea, p_expected bigint, p_repeated boolean) RETURNS boolean`,
      `
      BEGIN
        ${beginChange}
        IF p_expected = 0 THEN
          INSERT INTO ${schema}.key_ring VALUES (true, 1, p_bytes) ON CONFLICT DO NOTHING;
        ELSE
          UPDATE ${schema}.key_ring SET version = version + 1, bytes = p_bytes WHERE version = p_expected;
        END IF;
        RETURN FOUND OR (p_repeated AND EXISTS (
          SELECT FROM ${schema}.key_ring WHERE version = p_expected + 1 AND bytes = p_bytes
        ));
      END;`,
    ),

    changeFunction(
      `${schema}.add_folder_key_2(
        p_folder text, p_generation bigint, p_wrapped bytea, p_ring_version bigint, p_repeated boolean
      ) RETURNS boolean`,
      `
      DECLARE
        latest bigint;
      BEGIN
        ${beginChange}
        ${locks.folder('alone', 'p_folder')}
        PERFORM FROM ${schema}.key_ring WHERE version = p_ring_version FOR SHARE; -- nobody exchanges it meanwhile
        IF NOT FOUND THEN RETURN false; END IF;
        SELECT coalesce(max(generation), 0) INTO latest FROM ${schema}.folder_keys WHERE folder = p_folder;
        IF latest + 1 = p_generation THEN
          INSERT INTO ${schema}.folder_keys VALUES (p_folder, p_generation, p_wrapped);
          RETURN true;
        END IF;
        RETURN p_repeated AND EXISTS (
          SELECT FROM ${schema}.folder_keys
          WHERE folder = p_folder AND generation = p_generation AND wrapped = p_wrapped
        );
      END;`,
    ),

    changeFunction(
      `${schema}.destroy_folder_keys_2(p_folders text[], p_generations bigint[]) RETURNS void`,
      `
      DECLARE
        folder_lock integer;
      BEGIN
        ${beginChange}
        ${locks.folders('alone', 'p_folders')}
        UPDATE ${schema}.folder_keys k SET wrapped = NULL
        FROM unnest(p_folders, p_generations) AS given (folder, generation)
        WHERE k.folder = given.folder AND k.generation = given.generation;
      END;`,
    ),

    // p_latest: the latest generation of its keys, 0 when there is none. False when the folder was never used; null when there
    // is a later key, and nothing was changed.
    changeFunction(
      `${schema}.erase_keys_2(p_folder text, p_latest bigint) RETURNS boolean`,
      `
      BEGIN
        ${beginChange}
        ${locks.folder('alone', 'p_folder')}
        IF EXISTS (SELECT FROM ${schema}.folder_keys WHERE folder = p_folder AND generation > p_latest) THEN
          RETURN NULL;
        END IF;
        IF NOT EXISTS (SELECT FROM ${schema}.folder_keys WHERE folder = p_folder) AND NOT EXISTS (
          SELECT FROM ${schema}.parts WHERE id > p_folder || ':' AND id < p_folder || ';'
        ) THEN
          RETURN false;
        END IF;
        UPDATE ${schema}.folder_keys SET wrapped = NULL WHERE folder = p_folder AND wrapped IS NOT NULL;
        INSERT INTO ${schema}.folder_keys VALUES (p_folder, 0, NULL) ON CONFLICT DO NOTHING;
        INSERT INTO ${schema}.erasures SELECT p_folder, max(generation) FROM ${schema}.folder_keys WHERE folder = p_folder
        ON CONFLICT (folder) DO UPDATE SET generation = excluded.generation;
        DELETE FROM ${schema}.folder_usage WHERE folder = p_folder; -- from now on, what it still has counts no more
        RETURN true;
      END;`,
    ),

    // A session that a crash has the rows forget, when its mark is there, would make them look like an old copy.
    changeFunction(
      `${schema}.begin_session_2(p_id text, p_begun bigint) RETURNS void`,
      `
      BEGIN
        ${beginChange}
        INSERT INTO ${schema}.sessions (id, begun) VALUES (p_id, p_begun) ON CONFLICT DO NOTHING;
      END;`,
    ),

    // Who has the lock alone has waited for all that is being committed, and what comes after sees the session ended.
    changeFunction(
      `${schema}.end_sessions_2(p_ids text[], p_ended bigint) RETURNS void`,
      `
      BEGIN
        ${beginChange}
        ${locks.sessions('alone')}
        UPDATE ${schema}.sessions SET ended = p_ended WHERE id = ANY (p_ids) AND ended IS NULL;
      END;`,
    ),

    changeFunction(
      `${schema}.forget_session_2(p_id text) RETURNS void`,
      `
      BEGIN
        ${beginChange}
        ${locks.sessions('alone')}
        DELETE FROM ${schema}.sessions WHERE id = p_id;
      END;`,
    ),

    changeFunction(
      `${schema}.adopt_2(p_epoch bigint, p_sessions text[], p_at bigint) RETURNS void`,
      `
      BEGIN
        ${beginChange}
        ${locks.sessions('alone')}
        UPDATE ${schema}.store SET epoch = greatest(epoch, p_epoch), is_marked = true, is_adopted = true;
        UPDATE ${schema}.sessions SET ended = p_at WHERE ended IS NULL;
        INSERT INTO ${schema}.sessions SELECT unnest(p_sessions), p_at, p_at ON CONFLICT DO NOTHING;
      END;`,
    ),
  ].join('\n');
}
