import { beginChange, changeFunction, createLocks } from './locks.js';
import { isAlive, type Names, withKey } from './tables.js';

// What one commit removes of an erased folder, so that others need not wait for long.
const erasedAtOnce = 256;

/** SQL: the functions that remove images. Each is one commit, and takes its locks in the order that `locks.ts` says. */
export function createRemovalFunctions(names: Names): string {
  const { schema } = names;
  const locks = createLocks(names);

  return [
    // Removes images of one folder whose originals the caller has locked, and notes their blobs. What is to be counted is
    // told: of the folder without what ceased to count when it was erased.
    `CREATE FUNCTION ${schema}.remove_images_2(
      p_folder text, p_ids text[], OUT images bigint, OUT bytes bigint, OUT last_token bigint, OUT given_up text[],
      OUT folder_images bigint, OUT folder_bytes bigint
    ) LANGUAGE plpgsql AS $function$
    DECLARE
      erased bigint := coalesce((SELECT generation FROM ${schema}.erasures WHERE folder = p_folder), -1);
    BEGIN
      WITH removed AS (
        DELETE FROM ${schema}.parts WHERE id = ANY (p_ids) RETURNING variant, generation, token, size, blob
      )
      SELECT count(*) FILTER (WHERE variant = ''), coalesce(sum(size), 0), coalesce(max(token), 0),
             coalesce(array_agg(blob) FILTER (WHERE blob IS NOT NULL), '{}'),
             count(*) FILTER (WHERE variant = '' AND generation > erased),
             coalesce(sum(size) FILTER (WHERE generation > erased), 0)
      INTO images, bytes, last_token, given_up, folder_images, folder_bytes FROM removed;
      INSERT INTO ${schema}.given_up_blobs SELECT unnest(given_up) ON CONFLICT DO NOTHING;
    END;
    $function$;`,

    // p_token: of the only version that is to go; null: any. Null when there is no such image.
    changeFunction(
      `${schema}.remove_2(p_id text, p_folder text, p_token bigint, OUT given_up text[])`,
      `
      DECLARE
        stored record;
        removed record;
      BEGIN
        ${beginChange}
        ${locks.folder('shared', 'p_folder')}
        ${locks.image}
        IF stored.is_alive IS NOT TRUE OR stored.token <> p_token THEN RETURN; END IF;
        SELECT * INTO removed FROM ${schema}.remove_images_2(p_folder, ARRAY[p_id]);
        given_up := removed.given_up;
        PERFORM ${schema}.count_in_folder_2(p_folder, -removed.folder_images, -removed.folder_bytes);
        PERFORM ${schema}.count_2(-removed.images, -removed.bytes, removed.last_token);
      END;`,
    ),

    changeFunction(
      `${schema}.remove_erased_2(p_folder text, p_after text, OUT images bigint, OUT given_up text[], OUT last text)`,
      `
      DECLARE
        page text[];
        dead text[];
        removed record;
      BEGIN
        ${beginChange}
        ${locks.folder('shared', 'p_folder')}
        SELECT coalesce(array_agg(locked.id ORDER BY locked.id), '{}') INTO page FROM (
          SELECT id FROM ${schema}.parts
          WHERE variant = '' AND id > p_after AND id > p_folder || ':' AND id < p_folder || ';'
          ORDER BY id LIMIT ${erasedAtOnce} FOR UPDATE
        ) locked;
        SELECT coalesce(array_agg(p.id), '{}') INTO dead FROM ${withKey(names)}
        WHERE p.id = ANY (page) AND p.variant = '' AND NOT ${isAlive};
        SELECT * INTO removed FROM ${schema}.remove_images_2(p_folder, dead);
        images := removed.images;
        given_up := removed.given_up;
        last := page[${erasedAtOnce}];
        IF images > 0 THEN
          PERFORM ${schema}.count_in_folder_2(p_folder, -removed.folder_images, -removed.folder_bytes);
          PERFORM ${schema}.count_2(-images, -removed.bytes, removed.last_token);
        END IF;
      END;`,
    ),
  ].join('\n');
}
