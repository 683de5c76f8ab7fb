import { givenQuota } from './count-functions.js';
import { beginChange, changeFunction, createLocks } from './locks.js';
import { isAlive, type Names, sealedKeyAt, withKey } from './tables.js';

// Parts to be kept. Ciphertexts of those that are not in blobs come in one piece, each from its offset on.
const givenParts = `
  p_variants text[], p_generations bigint[], p_sizes bigint[], p_sealings bytea[], p_blobs text[],
  p_offsets bigint[], p_ciphertexts bytea`;

const unnestedParts = `
  unnest(p_variants, p_generations, p_sizes, p_sealings, p_blobs, p_offsets)
    AS given (variant, generation, size, sealing, blob, at)`;

/** SQL: the functions that keep images, or seal them anew. Each is one commit, and takes its locks in the order that `locks.ts` says. */
export function createPartFunctions(names: Names): string {
  const { schema } = names;
  const locks = createLocks(names);

  const insertParts = (which: string) => `
    INSERT INTO ${schema}.parts (id, variant, folder, generation, token, size, sealing, blob, ciphertext)
    SELECT p_id, given.variant, p_folder, given.generation, p_token, given.size, given.sealing, given.blob,
           CASE WHEN given.blob IS NULL THEN substring(p_ciphertexts FROM given.at::int + 1 FOR given.size::int) END
    FROM ${unnestedParts} WHERE ${which} ORDER BY given.variant`;

  // May these parts be kept? Sets "outcome" and returns when not.
  const mayKeep = `
    ${beginChange}
    ${locks.folder('shared', 'p_folder')}
    IF p_max_images IS NOT NULL OR p_max_bytes IS NOT NULL THEN
      ${locks.quota('p_folder')}
    END IF;
    IF p_session IS NOT NULL THEN
      ${locks.sessions('shared')}
    END IF;
    IF NOT ${schema}.are_latest_2(p_folder, p_generations) THEN
      outcome := 'refused';
    ELSIF p_session IS NOT NULL AND NOT EXISTS (SELECT FROM ${schema}.sessions WHERE id = p_session AND ended IS NULL) THEN
      outcome := 'session-ended';
    END IF;`;

  // "added" are numbers, in SQL. Without a quota nothing is counted together.
  const isOver = (addedImages: string, addedBytes: string) => `
    (p_max_images IS NOT NULL OR p_max_bytes IS NOT NULL)
      AND ${schema}.is_over_quota_2(p_folder, ${addedImages}, ${addedBytes}, p_max_images, p_max_bytes)`;

  return [
    // Names a part the latest key of its folder, or none while the folder was never erased?
    `CREATE FUNCTION ${schema}.are_latest_2(p_folder text, p_generations bigint[]) RETURNS boolean LANGUAGE sql AS $function$
      WITH latest AS (
        SELECT generation FROM ${schema}.folder_keys k WHERE k.folder = p_folder AND generation > 0 AND wrapped IS NOT NULL
          AND NOT EXISTS (SELECT FROM ${schema}.folder_keys WHERE folder = p_folder AND generation > k.generation)
      )
      SELECT coalesce(bool_and(CASE
        WHEN given = 0 THEN NOT EXISTS (SELECT FROM ${schema}.folder_keys WHERE folder = p_folder AND generation = 0)
        ELSE given IN (SELECT generation FROM latest)
      END), true) FROM unnest(p_generations) given
    $function$;`,

    // p_expected: a token; -1 any that is lower; null none. p_repeated: it may have been done by an earlier attempt.
    changeFunction(
      `${schema}.put_2(
        p_id text, p_folder text, p_token bigint, p_expected bigint, p_session text, p_counted bigint, p_repeated boolean,
        ${givenQuota}, ${givenParts}, OUT outcome text, OUT given_up text[])`,
      `
      DECLARE
        stored record;
        removed record;
        given_bytes bigint := (SELECT sum(size) FROM unnest(p_sizes) size);
        replaced_bytes bigint := 0;
        born bigint := CASE WHEN p_expected IS NULL THEN 1 ELSE 0 END;
        dead_images bigint := 0;
        dead_bytes bigint := 0;
        dead_in_folder bigint := 0;
        dead_bytes_in_folder bigint := 0;
        removed_token bigint := 0;
      BEGIN
        given_up := '{}';
        IF p_repeated AND EXISTS (
          SELECT FROM ${schema}.parts WHERE id = p_id AND variant = '' AND token = p_token AND sealing = p_sealings[1]
        ) THEN
          outcome := 'done';
          RETURN;
        END IF;
        ${mayKeep}
        IF outcome IS NOT NULL THEN RETURN; END IF;
        LOOP
          ${locks.image}
          IF p_repeated AND stored.token = p_token AND stored.sealing = p_sealings[1] THEN
            outcome := 'done';
            RETURN;
          END IF;
          IF p_expected IS NOT NULL THEN
            IF stored.is_alive IS NOT TRUE OR (p_expected <> -1 AND stored.token <> p_expected)
              OR (p_expected = -1 AND stored.token >= p_token) THEN
              outcome := 'refused';
              RETURN;
            END IF;
            SELECT sum(size) INTO replaced_bytes FROM ${schema}.parts WHERE id = p_id;
          ELSIF stored.is_alive THEN
            outcome := 'refused';
            RETURN;
          END IF;
          IF ${isOver('born', 'given_bytes - replaced_bytes')} THEN
            outcome := 'over-quota';
            RETURN;
          END IF;
          EXIT WHEN p_expected IS NOT NULL;
          IF stored.token IS NOT NULL THEN -- its key was destroyed: nothing is left of it that could be replaced
            SELECT * INTO removed FROM ${schema}.remove_images_2(p_folder, ARRAY[p_id]);
            given_up := given_up || removed.given_up;
            dead_images := dead_images + removed.images;
            dead_bytes := dead_bytes + removed.bytes;
            dead_in_folder := dead_in_folder + removed.folder_images;
            dead_bytes_in_folder := dead_bytes_in_folder + removed.folder_bytes;
            removed_token := greatest(removed_token, removed.last_token);
          END IF;
          ${insertParts("given.variant = ''")} ON CONFLICT DO NOTHING;
          CONTINUE WHEN NOT FOUND; -- somebody was faster
          -- Looked at after the insertion, which has waited for whoever removes the same image.
          IF p_token <= greatest(removed_token, (SELECT max(last_removed_token) FROM ${schema}.counters)) THEN
            DELETE FROM ${schema}.parts WHERE id = p_id AND variant = '';
            IF dead_images > 0 THEN
              PERFORM ${schema}.count_in_folder_2(p_folder, -dead_in_folder, -dead_bytes_in_folder);
              PERFORM ${schema}.count_2(-dead_images, -dead_bytes, removed_token);
            END IF;
            outcome := 'refused';
            RETURN;
          END IF;
          EXIT;
        END LOOP;
        IF p_expected IS NOT NULL THEN
          SELECT coalesce(array_agg(blob) FILTER (WHERE blob IS NOT NULL), '{}') INTO given_up
          FROM ${schema}.parts WHERE id = p_id;
          INSERT INTO ${schema}.given_up_blobs SELECT unnest(given_up) ON CONFLICT DO NOTHING;
          DELETE FROM ${schema}.parts WHERE id = p_id AND variant <> ALL (p_variants);
        END IF;
        IF p_expected IS NOT NULL OR cardinality(p_variants) > 1 THEN
          ${insertParts("p_expected IS NOT NULL OR given.variant <> ''")}
          ON CONFLICT (id, variant) DO UPDATE SET generation = excluded.generation, token = excluded.token,
            size = excluded.size, sealing = excluded.sealing, blob = excluded.blob, ciphertext = excluded.ciphertext;
        END IF;
        IF p_counted > 0 THEN PERFORM ${schema}.count_sealed_2(p_folder, p_generations[1], p_counted); END IF;
        PERFORM ${schema}.count_in_folder_2(
          p_folder, born - dead_in_folder, given_bytes - replaced_bytes - dead_bytes_in_folder);
        PERFORM ${schema}.count_2(born - dead_images, given_bytes - replaced_bytes - dead_bytes, removed_token);
        outcome := 'done';
      END;`,
    ),

    changeFunction(
      `${schema}.add_parts_2(
        p_id text, p_folder text, p_token bigint, p_session text, p_counted bigint, p_repeated boolean,
        ${givenQuota}, ${givenParts}, OUT outcome text, OUT added text[])`,
      `
      DECLARE
        stored record;
        added_bytes bigint;
      BEGIN
        ${mayKeep}
        IF outcome IS NOT NULL THEN RETURN; END IF;
        ${locks.image}
        IF stored.is_alive IS NOT TRUE OR stored.token <> p_token THEN
          outcome := 'refused';
          RETURN;
        END IF;
        IF ${isOver(
          '0',
          `(SELECT coalesce(sum(given.size), 0)::bigint FROM ${unnestedParts}
            WHERE NOT EXISTS (SELECT FROM ${schema}.parts p WHERE p.id = p_id AND p.variant = given.variant))`,
        )} THEN
          outcome := 'over-quota';
          RETURN;
        END IF;
        WITH inserted AS (${insertParts('true')} ON CONFLICT DO NOTHING RETURNING variant, size)
        SELECT coalesce(array_agg(variant), '{}'), coalesce(sum(size), 0) INTO added, added_bytes FROM inserted;
        IF p_repeated THEN
          SELECT coalesce(array_agg(p.variant), '{}') INTO added FROM ${schema}.parts p, ${unnestedParts}
          WHERE p.id = p_id AND p.variant = given.variant AND p.sealing = given.sealing;
        END IF;
        IF p_counted > 0 THEN PERFORM ${schema}.count_sealed_2(p_folder, p_generations[1], p_counted); END IF;
        IF added_bytes > 0 THEN
          PERFORM ${schema}.count_in_folder_2(p_folder, 0, added_bytes);
          PERFORM ${schema}.count_2(0, added_bytes, 0);
        END IF;
        outcome := 'done';
      END;`,
    ),

    changeFunction(
      `${schema}.reseal_2(
        p_ids text[], p_variants text[], p_folders text[], p_tokens bigint[], p_generations bigint[], p_sealed_keys bytea[],
        p_counted bigint[], OUT resealed bigint)`,
      `
      DECLARE
        folder_lock integer;
        counted record;
      BEGIN
        ${beginChange}
        ${locks.folders('shared', 'p_folders')}
        PERFORM FROM ${schema}.parts WHERE id = ANY (p_ids) AND variant = '' ORDER BY id FOR UPDATE;
        WITH changed AS (
          UPDATE ${schema}.parts target
          SET sealing = substring(target.sealing FOR ${sealedKeyAt}) || given.sealed_key, generation = given.generation
          FROM ${withKey(
            names,
            `unnest(p_ids, p_variants, p_folders, p_tokens, p_generations, p_sealed_keys)
               AS given (id, variant, folder, token, generation, sealed_key)
             JOIN ${schema}.parts p ON p.id = given.id AND p.variant = given.variant AND p.token = given.token`,
          )}
          WHERE target.id = p.id AND target.variant = p.variant AND ${isAlive}
            AND ${schema}.are_latest_2(given.folder, ARRAY[given.generation])
          RETURNING 1
        ) SELECT count(*) INTO resealed FROM changed;
        FOR counted IN
          SELECT folder, generation, sum(sealed)::bigint AS sealed
          FROM unnest(p_folders, p_generations, p_counted) AS given (folder, generation, sealed)
          WHERE sealed > 0 GROUP BY folder, generation ORDER BY folder, generation
        LOOP
          PERFORM ${schema}.count_sealed_2(counted.folder, counted.generation, counted.sealed);
        END LOOP;
      END;`,
    ),
  ].join('\n');
}
